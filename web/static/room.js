// What a live room needs of a browser: a WebSocket, a storage and a clock, for the engine's
// worker (worker.js loads this when a room is joined first; wasm/engine/rooms_js.go calls it).
// Package tab decides everything; here nothing is decided. The clock is that of a worker,
// which browsers do not slow down while the page is hidden.
"use strict";

globalThis.parleyRoomOf = function (tab) {
    // What is sent and not taken by the network, in bytes, at which the connection is given up.
    const backlogMax = 8 << 20;
    // A storage that does not answer for so many milliseconds does not work.
    const patience = 15_000;
    // Disks of rooms that were not joined for so many milliseconds are removed.
    const keepFor = 7 * 24 * 3600 * 1000;

    let socket = null;
    let number = 0;
    let timer = 0;

    // close closes the socket, and listens to it no more.
    function close(code) {
        const old = socket;
        socket = null;
        if (old) {
            old.onopen = old.onmessage = old.onclose = null;
            old.close(code);
        }
    }

    function lost(of, code, why) {
        if (of === number) {
            close();
            tab.closed(of, code, why);
        }
    }

    function dial(n, address) {
        close(3000);
        number = n;
        try {
            socket = new WebSocket(address);
        } catch {
            setTimeout(lost, 0, n, 1006, "");
            return;
        }
        socket.binaryType = "arraybuffer";
        socket.onopen = () => tab.opened(n);
        socket.onclose = (event) => lost(n, event.code, event.reason);
        socket.onmessage = (event) => {
            if (typeof event.data === "string") {
                tab.said(n, event.data);
            } else {
                tab.received(n, new Uint8Array(event.data));
            }
        };
    }

    // send sends bytes, or a text.
    function send(message) {
        if (!socket || socket.readyState !== WebSocket.OPEN) {
            return; // it is about to tell that it is closed
        }
        if (socket.bufferedAmount > backlogMax) {
            setTimeout(lost, 0, number, 1006, "");
            return;
        }
        socket.send(message);
    }

    addEventListener("online", () => tab.online());

    // The storage: pieces of disks by [room, node, offset], and when each room was joined.
    const opened = new Promise((resolve, reject) => {
        const request = indexedDB.open("parley-rooms", 1);
        request.onupgradeneeded = () => {
            request.result.createObjectStore("pieces");
            request.result.createObjectStore("rooms");
        };
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });

    // transact does something with the storage, in the order in which it was asked for, and
    // calls end with what it gives when that is durable, or with nothing when it failed.
    function transact(mode, act, end) {
        let over = false;
        const finish = (value) => {
            if (!over) {
                over = true;
                clearTimeout(watch);
                end(value);
            }
        };
        const watch = setTimeout(finish, patience);
        opened.then((db) => {
            const transaction = db.transaction(["pieces", "rooms"], mode, {durability: "strict"});
            const value = act(transaction.objectStore("pieces"), transaction.objectStore("rooms"));
            transaction.oncomplete = () => finish(value);
            transaction.onabort = () => {
                console.warn("parley: a disk cannot be stored: " + transaction.error);
                finish();
            };
        }).catch((error) => {
            console.warn("parley: there is no storage: " + error);
            finish();
        });
    }

    // all is the range of everything whose key begins so.
    const all = (...key) => IDBKeyRange.bound(key, [...key, []]);

    const joined = new Set();

    // join notes that a room is in use, and removes what is left of those that are not.
    function join(room) {
        if (joined.has(room)) {
            return;
        }
        joined.add(room);
        transact("readwrite", (pieces, rooms) => {
            rooms.put(Date.now(), room);
            rooms.openCursor().onsuccess = (event) => {
                const cursor = event.target.result;
                if (!cursor) {
                    return;
                }
                if (cursor.value < Date.now() - keepFor) {
                    pieces.delete(all(cursor.key));
                    cursor.delete();
                }
                cursor.continue();
            };
            return true;
        }, () => {});
    }

    function load(ticket, room, node) {
        join(room);
        transact("readonly", (pieces) => ({keys: pieces.getAllKeys(all(room, node)), values: pieces.getAll(all(room, node))}), (read) => {
            let disk = null;
            if (read) {
                const {keys: {result: keys}, values: {result: values}} = read;
                const size = values.reduce((sum, piece) => sum + piece.byteLength, 0);
                disk = new Uint8Array(size);
                let end = 0;
                for (const [i, piece] of values.entries()) {
                    if (keys[i][2] !== end) {
                        break; // something is missing in between
                    }
                    disk.set(piece, end);
                    end += piece.byteLength;
                }
                disk = disk.subarray(0, end);
            }
            tab.loaded(ticket, disk);
        });
    }

    function store(ticket, room, node, offset, bytes) {
        join(room);
        transact("readwrite", (pieces) => {
            if (offset === 0) {
                pieces.delete(all(room, node));
            }
            if (bytes.byteLength > 0) {
                pieces.put(bytes, [room, node, offset]);
            }
            return true;
        }, (ok) => tab.stored(ticket, ok === true));
    }

    function discard(room) {
        transact("readwrite", (pieces, rooms) => {
            pieces.delete(all(room));
            rooms.delete(room);
            return true;
        }, () => {});
    }

    return {
        dial, send, close, load, store, discard,
        away: (away) => tab.away(away),
        alarm: (after) => {
            clearTimeout(timer);
            timer = setTimeout(() => tab.wake(), after);
        },
        draw: () => crypto.getRandomValues(new Uint16Array(1))[0],
        report: (why) => console.warn("parley: " + why),
    };
};
