# A small IMAP server that goes wrong in the way that it is told: imapd.py PORT MODE FOLDER
import asyncio, glob, re, sys

port, mode, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3]
mails = {uid: [open(file, 'rb').read(), set()] for uid, file in enumerate(sorted(glob.glob(folder + '/*.eml')), 1)}
failed = []
RETRY = ' NO [UNAVAILABLE] Server error - Please try again later'


def once():
    """True the first time, and always in the modes that never end."""
    if failed and not mode.endswith('-always'):
        return False
    failed.append(1)
    return True


def found(criteria):
    refused = re.findall(r'UNKEYWORD (\S+)', criteria)
    return [uid for uid, (_, flags) in mails.items() if not any(flag.upper() in refused for flag in flags)]


async def talk(reader, writer):
    async def say(line):
        writer.write((line if isinstance(line, bytes) else line.encode()) + b'\r\n')
        await writer.drain()

    def flags():
        with open(folder + '/flags', 'w') as file:
            file.write('\n'.join(f'{uid} {" ".join(sorted(flags))}' for uid, (_, flags) in mails.items()))

    await say('* OK ready')
    while line := await reader.readline():
        tag, _, command = line.decode().rstrip('\r\n').partition(' ')
        upper = command.upper()
        if upper.startswith('CAPABILITY'):
            await say('* CAPABILITY IMAP4rev1')
        elif upper.startswith('SELECT'):
            if mode == 'select' and once():
                await say(tag + ' NO [INUSE] later')
                continue
            await say(f'* {len(mails)} EXISTS')
            await say('* OK [PERMANENTFLAGS (\\Seen \\*)] ok')
            await say('* OK [UIDVALIDITY 1] ok')
        elif upper.startswith('UID SEARCH'):
            if mode == 'search' and once():
                await say(tag + RETRY)
                continue
            await say('* SEARCH ' + ' '.join(map(str, found(upper))))
        elif upper.startswith('UID FETCH'):
            uids = [int(uid) for uid in command.split()[2].split(',')]
            if 'SIZE' in upper:
                if mode == 'size' and once():
                    await say(tag + RETRY)
                    continue
                skip = 2 if mode == 'size-missing' and once() else 0
                for uid in uids:
                    if uid != skip:
                        await say(f'* {uid} FETCH (UID {uid} RFC822.SIZE {len(mails[uid][0])})')
            else:
                (uid,) = uids
                goes_wrong = uid == 1 and mode.split('-')[0] in ('body', 'bad', 'nil', 'empty', 'missing', 'bye', 'drop') and once()
                if goes_wrong and mode.startswith('body'):
                    await say(tag + RETRY)
                    continue
                if goes_wrong and mode == 'bad':
                    await say(tag + ' BAD [SERVERBUG] oops')
                    continue
                if goes_wrong and mode == 'bye':
                    await say('* BYE shutting down')
                    break
                if goes_wrong and mode == 'drop':
                    writer.write(b'* 1 FETCH (UID 1 BODY[] {500}\r\nhalf')
                    await writer.drain()
                    break
                if goes_wrong and mode in ('nil', 'empty'):
                    await say('* 1 FETCH (UID 1 BODY[] %s)' % ('NIL' if mode == 'nil' else '{0}\r\n'))
                elif not goes_wrong:
                    body = mails[uid][0]
                    await say(b'* %d FETCH (UID %d BODY[] {%d}\r\n%b)' % (uid, uid, len(body), body))
        elif upper.startswith('UID STORE'):
            if mode == 'store' and once():
                await say(tag + ' NO [LIMIT] later')
                continue
            match = re.match(r'UID STORE (\d+) \S+ \((.*)\)', command)
            mails[int(match[1])][1].update(match[2].split())
            flags()
        await say(tag + ' OK done')
    writer.close()


async def main():
    async with await asyncio.start_server(talk, '127.0.0.1', port, limit=2**22) as server:
        await server.serve_forever()


asyncio.run(main())
