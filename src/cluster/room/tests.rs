use serde_json::json;

use super::*;

const GIB: f64 = 1_073_741_824.0;

fn needs(yaml: &str) -> TrainingNeeds {
    serde_yaml::from_str(yaml).unwrap()
}

fn size(workers: &str) -> ClusterSize {
    serde_yaml::from_str(&format!("workers: {workers}")).unwrap()
}

fn nodes(all: &[(f64, f64, f64)]) -> Vec<Node> {
    let node = |(cpu, gpu, gib): &(f64, f64, f64)| {
        let total = json!({CPU: cpu, GPU: gpu, MEMORY: gib * GIB});
        serde_json::from_value(json!({"node_id": "a", "state": "ALIVE", "resources_total": total}))
    };
    all.iter().map(|one| node(one).unwrap()).collect()
}

fn on_nodes(text: &str, all: &[(f64, f64, f64)], borrowed: bool) -> Result<Room, String> {
    let room = Room::on_nodes(&needs(text), &nodes(all), ("Ray 2.60.0", borrowed));
    room.map_err(|error| error.to_string())
}

fn declared(text: &str, workers: &str) -> Result<Room, String> {
    let room = Room::declared(&needs(text), &size(workers));
    room.map(Option::unwrap).map_err(|error| error.to_string())
}

const FOUR: &str = "{cpu: 8, memory: 32Gi, gpu: 4, min: 0, max: 3}";

#[test]
fn a_training_has_a_worker_or_its_part_of_one() {
    let told = |text| {
        let room = declared(text, FOUR).unwrap();
        (room.places, room.resources[PLACE], room.resources.get(GPU).copied(), room.gpus)
    };
    assert_eq!(told("{}"), (3.0, 1.0, None, Some(4.0)));
    assert_eq!(told("{gpu: 1}"), (12.0, 0.25, Some(1.0), Some(1.0)));
    assert_eq!(told("{gpu: 1, memory: 12Gi}"), (6.0, 0.5, Some(1.0), Some(1.0)));
    assert_eq!(told("{gpu: 1, parallel: 5}"), (5.0, 0.25, Some(1.0), Some(1.0)));
    // Two of them would see the same GPUs.
    assert_eq!(told("{cpu: 2}"), (3.0, 1.0, None, Some(4.0)));
    assert_eq!(told("{cpu: 2, gpu: 0}"), (12.0, 0.25, None, Some(0.0)));
    let thirds = declared("{cpu: 1}", "{cpu: 3, memory: 3Gi, min: 1, max: 1}").unwrap();
    assert_eq!((thirds.places, thirds.resources[PLACE]), (3.0, 0.3333));
}

#[test]
fn what_no_worker_has_is_told_with_the_key() {
    let told = declared("{gpu: 5}", FOUR).unwrap_err();
    assert_eq!(
        told,
        "training.gpu: a training asks for 5, and no worker (cluster.workers) has more than 4; \
         lower it, or raise the size of a worker"
    );
    let told = declared("{memory: 64Gi}", FOUR).unwrap_err();
    assert!(told.starts_with("training.memory: a training asks for 64Gi, "), "{told}");
    assert!(told.contains("more than 32.0Gi; "), "{told}");
    let on_head = |text| Room::declared(&needs(text), &ClusterSize::default());
    assert_eq!(on_head("{cpu: 64}").unwrap(), None, "its size is the template's");
    let told = on_head("{gpu: 1}").unwrap_err().to_string();
    assert!(told.contains("no head (cluster.head) has more than 0; declare"), "{told}");
}

#[test]
fn nodes_have_room_for_what_fits_on_each() {
    let two = [(8.0, 2.0, 16.0), (8.0, 3.0, 16.0)];
    for (text, places) in [
        ("{}", 16.0),
        ("{gpu: 1}", 5.0),
        ("{gpu: 2}", 2.0),
        ("{cpu: 100m, gpu: 1, memory: 8Gi}", 4.0),
        ("{gpu: 1, parallel: 3}", 3.0),
    ] {
        let room = on_nodes(text, &two, false).unwrap();
        assert_eq!((text, room.places), (text, places));
    }
    // One CPU each unless it is said.
    let narrow = |text| on_nodes(text, &[(2.0, 8.0, 16.0)], false).map(|room| room.places);
    assert_eq!((narrow("{gpu: 1}"), narrow("{gpu: 1, cpu: 100m}")), (Ok(2.0), Ok(8.0)));
    let room = on_nodes("{gpu: 0}", &two, false).unwrap();
    assert!(room.resources.is_empty() && room.gpus.is_none(), "{room:?}");
}

#[test]
fn a_gang_has_room_as_a_whole_or_not_at_all() {
    let told = |text| {
        let room = declared(text, FOUR).unwrap();
        (room.places, room.resources[PLACE], room.resources.get(GPU).copied(), room.gpus)
    };
    // Three workers, of which each is one of the gang's, or four of its GPUs are.
    assert_eq!(told("{workers: 2}"), (1.0, 1.0, None, Some(8.0)));
    assert_eq!(told("{workers: 2, gpu: 1}"), (6.0, 0.25, None, Some(2.0)));
    assert_eq!(told("{workers: 5, gpu: 2}"), (1.0, 0.5, None, Some(10.0)));
    let each = |text| Room::workers_each(&needs(text), &size(FOUR));
    assert_eq!((each("{workers: 2}"), each("{workers: 5, gpu: 1}"), each("{}")), (2, 2, 1));
    let lacking = declared("{workers: 4}", FOUR).unwrap_err();
    assert_eq!(
        lacking,
        "training.workers: a training asks for 4, and cluster.workers has room for 3 of them; \
         raise cluster.workers.max, or lower it"
    );
    let two = [(8.0, 2.0, 16.0), (8.0, 3.0, 16.0)];
    let room = on_nodes("{workers: 2, gpu: 1}", &two, false).unwrap();
    assert_eq!((room.places, room.resources.len()), (2.0, 0));
    let gang = |room: Room| room.gang.map(|gang| (gang.workers, gang.each));
    assert_eq!(gang(room.clone()), Some((2, resources([(GPU, 1.0)]))));
    let whole = declared("{workers: 2}", FOUR).unwrap();
    assert_eq!(gang(whole), Some((2, resources([(CPU, 8.0), (GPU, 4.0)]))));
    let by_memory = on_nodes("{workers: 2, memory: 1Gi}", &two, false).unwrap();
    assert_eq!(gang(by_memory), Some((2, resources([(CPU, 1.0), (MEMORY, GIB)]))));
    assert_eq!(gang(declared("{gpu: 1}", FOUR).unwrap()), None);
    assert_eq!(room.gpus, Some(2.0));
    assert_eq!(on_nodes("{workers: 3}", &two, false).map(|room| room.places), Ok(5.0));
    let lacking = on_nodes("{workers: 6, gpu: 1}", &two, true).unwrap_err();
    assert!(lacking.contains("asks for 6, and Ray 2.60.0 has room for 5 of them;"), "{lacking}");
}

#[test]
fn a_gang_that_spreads_has_room_where_each_worker_has_a_node() {
    let told = |text| declared(text, FOUR).map(|room| room.places);
    // Three workers with four GPUs each.
    assert_eq!(told("{workers: 3, gpu: 1, placement: spread}"), Ok(4.0));
    assert_eq!(told("{workers: 2, placement: spread}"), Ok(1.0));
    assert_eq!(told("{workers: 3, gpu: 1, placement: spread, parallel: 2}"), Ok(2.0));
    assert_eq!(told("{workers: 4, gpu: 1}"), Ok(3.0));
    let lacking = told("{workers: 4, gpu: 1, placement: spread}").unwrap_err();
    assert_eq!(
        lacking,
        "training.workers: a training asks for 4, each on a node of its own (training.placement), and \
         cluster.workers has room for 3 of them; raise cluster.workers.max, or lower it"
    );
    let each = |text| Room::workers_each(&needs(text), &size(FOUR));
    assert_eq!(
        (each("{workers: 3, gpu: 1}"), each("{workers: 3, gpu: 1, placement: spread}")),
        (1, 3)
    );
    let two = needs("{workers: 2, placement: spread}");
    let told = Room::declared(&two, &ClusterSize::default()).unwrap_err().to_string();
    assert!(
        told.ends_with(
            "and cluster.head has room for 1 of them; declare cluster.workers, or lower it"
        ),
        "{told}"
    );
    let told = Room::here(&two).unwrap_err().to_string();
    assert!(
        told.starts_with(
            "training.placement: spread asks for a node for each of a training's 2 workers, "
        ),
        "{told}"
    );
    assert!(Room::here(&needs("{workers: 2}")).is_ok());

    let all = nodes(&[(8.0, 4.0, 16.0), (8.0, 1.0, 16.0), (8.0, 1.0, 16.0)]);
    let gangs = |text| {
        let room = Room::on_nodes(&needs(text), &all, ("Ray 2.60.0", true)).unwrap();
        (room.places, room.gang.unwrap().room_on(&all))
    };
    assert_eq!(gangs("{workers: 2, gpu: 1}"), (3.0, 3));
    assert_eq!(gangs("{workers: 2, gpu: 1, placement: spread}"), (2.0, 2));
    // Whatever is asked for, no more begin than have room; and one that Ray found places for.
    assert_eq!(gangs("{workers: 2, gpu: 1, placement: spread, parallel: 9}"), (9.0, 2));
    assert_eq!(gangs("{workers: 4, gpu: 1, placement: spread, parallel: 9}"), (9.0, 1));
}

#[test]
fn what_no_node_has_is_an_error_unless_a_borrowed_ray_may_grow() {
    let one = [(8.0, 2.0, 16.0), (64.0, 0.0, 8.0)];
    let told = on_nodes("{gpu: 3}", &one, false).unwrap_err();
    assert!(
        told.starts_with("training.gpu: a training asks for 3, and no node of Ray 2.60.0 has"),
        "{told}"
    );
    let told = on_nodes("{gpu: 1, cpu: 16}", &one, true).unwrap_err();
    assert!(told.starts_with("training: a training asks for gpu 1, cpu 16 at once"), "{told}");
    assert!(told.contains("set training.parallel"), "{told}");
    let room = on_nodes("{gpu: 3, parallel: 2}", &one, true).unwrap();
    assert_eq!((room.places, room.gpus), (2.0, Some(3.0)));
}
