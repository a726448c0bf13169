//! What another kubeconfig takes over of the server.

use std::fs;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::sample::*;
use crate::cluster::kubeconfig::{KubeVariables, target::target_from};

#[test]
fn certificates_come_along_and_paths_do_not() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("ca.crt"), "the certificate").unwrap();
    let file = directory.path().join("config");
    let server = "server: 'https://api:6443', certificate-authority: ca.crt, tls-server-name: kube, \
                  extensions: [{name: minikube, extension: {}}]";
    fs::write(&file, yaml(server, TOKEN_USER)).unwrap();
    let options = options(&file.display().to_string());
    let target = target_from(&options, &KubeVariables::default()).unwrap();
    assert_eq!(target.context, "prod");
    let encoded = STANDARD.encode("the certificate");
    assert_eq!(target.cluster.certificate_authority_data.as_deref(), Some(encoded.as_str()));
    assert_eq!(target.cluster.server.as_deref(), Some("https://api:6443"));
    assert_eq!(target.cluster.tls_server_name.as_deref(), Some("kube"));
    assert!(target.cluster.certificate_authority.is_none() && target.cluster.extensions.is_none());
    fs::remove_file(directory.path().join("ca.crt")).unwrap();
    let error = target_from(&options, &KubeVariables::default()).unwrap_err();
    assert!(format!("{error:#}").contains("cannot read `"), "{error:#}");
}

#[test]
fn a_pod_has_no_server_that_others_could_name() {
    let pod = KubeVariables { in_pod: true, ..KubeVariables::default() };
    let none = crate::cluster::kubeconfig::KubeOptions::default();
    assert!(target_from(&none, &pod).unwrap_err().to_string().contains("this runs in a pod"));
}
