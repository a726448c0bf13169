//! Ray on Kubernetes, through `KubeRay`.

mod diagnosis;
mod resources;
