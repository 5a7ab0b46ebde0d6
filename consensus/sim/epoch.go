package sim

// Epoch is the behaviour epoch of the World: of time, network, disks, clocks and clients,
// of the state machines, of the events that tell about them and of the digest. It goes up
// whenever the same recording would give another digest although its engine is the same.
// An engine has an epoch of its own, consensus.Protocol.Epoch.
const Epoch = 1
