// A QR code of a link, for the page's Share dialog, which loads this file when one is
// wanted first (parley.qr of boot.js). ISO/IEC 18004: byte mode, versions 1 to 40, the
// smallest that fits; the level is M where that needs no larger version than L, and L else.
//
//   parleyQR(text)  {size, path}: how many modules wide the code is without its quiet
//                   zone, and the dark ones as the path of an SVG; null when the text is
//                   longer than a code can hold (2953 bytes)
"use strict";

globalThis.parleyQR = (function () {
    // Of each version, from 1: how many check bytes a block has, and how many blocks there
    // are, at the levels L and M.
    const checks = {
        L: [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
        M: [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28],
    };
    const blocks = {
        L: [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25],
        M: [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49],
    };
    const levelBits = {L: 1, M: 0};

    // The field of 256 elements, by powers of 2 modulo x^8 + x^4 + x^3 + x^2 + 1.
    const power = new Uint8Array(510), log = new Uint8Array(256);
    for (let i = 0, x = 1; i < 255; i++) {
        power[i] = power[i + 255] = x;
        log[x] = i;
        x = x << 1 ^ (x & 128 ? 0x11d : 0);
    }
    const times = (a, b) => a && b ? power[log[a] + log[b]] : 0;

    // remainder returns the check bytes of a block: what is left of it, divided by the
    // polynomial whose zeros are the first powers of 2.
    function remainder(data, n) {
        let divisor = [1];
        for (let i = 0; i < n; i++) {
            divisor = [...divisor, 0].map((c, k) => c ^ (k ? times(divisor[k - 1], power[i]) : 0));
        }
        const rest = new Uint8Array(n);
        for (const byte of data) {
            const factor = byte ^ rest[0];
            rest.copyWithin(0, 1);
            rest[n - 1] = 0;
            for (let k = 0; k < n; k++) {
                rest[k] ^= times(divisor[k + 1], factor);
            }
        }
        return rest;
    }

    // capacity returns how many bytes, data and checks, a version has.
    function capacity(version) {
        let modules = (16 * version + 128) * version + 64;
        if (version > 1) {
            const aligned = Math.floor(version / 7) + 2;
            modules -= (25 * aligned - 10) * aligned - 55;
        }
        return (version > 6 ? modules - 36 : modules) >> 3;
    }

    const room = (version, level) => capacity(version) - checks[level][version - 1] * blocks[level][version - 1];

    // fits returns the smallest version that holds so many bytes of text, 0 for none.
    function fits(bytes, level) {
        for (let version = 1; version <= 40; version++) {
            if (4 + (version < 10 ? 8 : 16) + 8 * bytes <= 8 * room(version, level)) {
                return version;
            }
        }
        return 0;
    }

    // encode returns the bytes of a code in the order in which they are placed.
    function encode(text, version, level) {
        const size = room(version, level);
        const bits = [];
        const put = (value, n) => {
            while (n--) {
                bits.push(value >> n & 1);
            }
        };
        put(4, 4); // bytes follow
        put(text.length, version < 10 ? 8 : 16);
        text.forEach((byte) => put(byte, 8));
        put(0, Math.min(4, 8 * size - bits.length));
        put(0, -bits.length & 7);
        const data = new Uint8Array(size);
        bits.forEach((bit, i) => data[i >> 3] |= bit << (7 & ~i));
        for (let i = bits.length >> 3, pad = 0xec; i < size; i++, pad ^= 0xec ^ 0x11) {
            data[i] = pad;
        }
        // The blocks are as equal as can be, the longer ones last, and are interleaved.
        const many = blocks[level][version - 1], n = checks[level][version - 1];
        const short = Math.floor(size / many), longer = size % many;
        const pieces = [];
        for (let i = 0, at = 0; i < many; i++) {
            const end = at + short + (i >= many - longer ? 1 : 0);
            pieces.push(data.subarray(at, end));
            at = end;
        }
        const sums = pieces.map((piece) => remainder(piece, n));
        const all = [];
        for (let i = 0; i <= short; i++) {
            pieces.forEach((piece) => i < piece.length && all.push(piece[i]));
        }
        for (let i = 0; i < n; i++) {
            sums.forEach((sum) => all.push(sum[i]));
        }
        return all;
    }

    // The patterns that the data is mixed with; the one is taken that is read best.
    const masks = [
        (x, y) => (x + y) % 2,
        (x, y) => y % 2,
        (x, y) => x % 3,
        (x, y) => (x + y) % 3,
        (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
        (x, y) => x * y % 2 + x * y % 3,
        (x, y) => (x * y % 2 + x * y % 3) % 2,
        (x, y) => ((x + y) % 2 + x * y % 3) % 2,
    ];

    // checked returns a number with the check bits of its BCH code behind it.
    function checked(value, polynomial, n) {
        let rest = value;
        for (let i = 0; i < n; i++) {
            rest = rest << 1 ^ (rest >> n - 1) * polynomial;
        }
        return value << n | rest;
    }

    function draw(version, level, data) {
        const size = 4 * version + 17;
        const dark = Array.from({length: size}, () => new Uint8Array(size));
        const fixed = Array.from({length: size}, () => new Uint8Array(size));
        const set = (x, y, on) => {
            if (x >= 0 && y >= 0 && x < size && y < size) {
                dark[y][x] = on ? 1 : 0;
                fixed[y][x] = 1;
            }
        };
        // The timing, the three finders with the light frame about them, the alignment.
        for (let i = 0; i < size; i++) {
            set(6, i, i % 2 === 0);
            set(i, 6, i % 2 === 0);
        }
        for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) {
            for (let dy = -4; dy <= 4; dy++) {
                for (let dx = -4; dx <= 4; dx++) {
                    const far = Math.max(Math.abs(dx), Math.abs(dy));
                    set(x + dx, y + dy, far !== 2 && far !== 4);
                }
            }
        }
        const middles = version === 1 ? [] : [6];
        if (version > 1) {
            const count = Math.floor(version / 7) + 2;
            const step = version === 32 ? 26 : Math.ceil((4 * version + 4) / (2 * count - 2)) * 2;
            for (let i = count - 2; i >= 0; i--) {
                middles.push(size - 7 - i * step);
            }
        }
        middles.forEach((y, i) => middles.forEach((x, k) => {
            const last = middles.length - 1;
            if (i === 0 && (k === 0 || k === last) || i === last && k === 0) {
                return; // a finder stands there
            }
            for (let dy = -2; dy <= 2; dy++) {
                for (let dx = -2; dx <= 2; dx++) {
                    set(x + dx, y + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
                }
            }
        }));
        const format = (mask) => {
            const bits = checked(levelBits[level] << 3 | mask, 0x537, 10) ^ 0x5412;
            for (let i = 0; i < 15; i++) {
                const on = bits >> i & 1;
                set(8, i < 6 ? i : i < 8 ? i + 1 : size - 15 + i, on);
                set(i < 8 ? size - 1 - i : i === 8 ? 7 : 14 - i, 8, on);
            }
            set(8, size - 8, 1);
        };
        format(0);
        if (version > 6) {
            const bits = checked(version, 0x1f25, 12);
            for (let i = 0; i < 18; i++) {
                const a = size - 11 + i % 3, b = Math.floor(i / 3);
                set(a, b, bits >> i & 1);
                set(b, a, bits >> i & 1);
            }
        }
        // The data goes up and down in columns of two, from the right.
        let at = 0;
        for (let right = size - 1; right > 0; right -= 2) {
            if (right === 6) {
                right = 5;
            }
            for (let k = 0; k < size; k++) {
                const y = (right + 1 & 2) === 0 ? size - 1 - k : k;
                for (const x of [right, right - 1]) {
                    if (!fixed[y][x] && at < 8 * data.length) {
                        dark[y][x] = data[at >> 3] >> (7 & ~at) & 1;
                        at++;
                    }
                }
            }
        }
        const mix = (mask) => {
            for (let y = 0; y < size; y++) {
                for (let x = 0; x < size; x++) {
                    dark[y][x] ^= !fixed[y][x] && masks[mask](x, y) === 0 ? 1 : 0;
                }
            }
        };
        let best = 0, least = Infinity;
        for (let mask = 0; mask < 8; mask++) {
            mix(mask);
            format(mask);
            const faults = penalty(dark);
            if (faults < least) {
                [best, least] = [mask, faults];
            }
            mix(mask);
        }
        mix(best);
        format(best);
        return dark;
    }

    // penalty counts what makes a code hard to read: long runs of one colour, blocks, what
    // looks like a finder, and more of the one colour than of the other.
    function penalty(dark) {
        const size = dark.length;
        let faults = 0, all = 0;
        const lines = [...dark, ...dark.map((_, x) => dark.map((row) => row[x]))];
        for (const line of lines) {
            for (let i = 0, run = 0; i < size; i++) {
                run = i && line[i] === line[i - 1] ? run + 1 : 1;
                faults += run === 5 ? 3 : run > 5 ? 1 : 0;
            }
            const text = line.join("");
            for (const like of ["10111010000", "00001011101"]) {
                for (let i = text.indexOf(like); i >= 0; i = text.indexOf(like, i + 1)) {
                    faults += 40;
                }
            }
        }
        for (let y = 0; y < size; y++) {
            for (let x = 0; x < size; x++) {
                all += dark[y][x];
                if (x && y && dark[y][x] === dark[y - 1][x] && dark[y][x] === dark[y][x - 1] && dark[y][x] === dark[y - 1][x - 1]) {
                    faults += 3;
                }
            }
        }
        return faults + 10 * Math.floor(Math.abs(20 * all - 10 * size * size) / (size * size));
    }

    return function (text) {
        const bytes = [...new TextEncoder().encode(text)];
        const low = fits(bytes.length, "L");
        if (!low) {
            return null;
        }
        const level = fits(bytes.length, "M") === low ? "M" : "L";
        const dark = draw(low, level, encode(bytes, low, level));
        let path = "";
        dark.forEach((row, y) => {
            for (let x = 0; x < row.length; x++) {
                if (row[x]) {
                    const from = x;
                    while (row[x + 1]) {
                        x++;
                    }
                    path += `M${from} ${y}h${x + 1 - from}v1H${from}z`;
                }
            }
        });
        return {size: dark.length, path};
    };
})();
