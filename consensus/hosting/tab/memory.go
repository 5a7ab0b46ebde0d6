package tab

import "slices"

// Memory is a storage in memory, for those who have no other: bots, and tests. It outlives
// a Tab as a browser's storage outlives a page. The zero value is empty.
type Memory struct{ disks map[Disk][]byte }

// Load returns what stands on a disk. It must not be changed.
func (m *Memory) Load(d Disk) []byte { return m.disks[d] }

// Store does what Host.Store asks for.
func (m *Memory) Store(d Disk, offset int, b []byte) {
	if m.disks == nil {
		m.disks = map[Disk][]byte{}
	}
	m.disks[d] = slices.Concat(m.disks[d][:offset], b)
}

// Discard removes all disks of a room.
func (m *Memory) Discard(room string) {
	for d := range m.disks { // any order: each is looked at once
		if d.Room == room {
			delete(m.disks, d)
		}
	}
}
