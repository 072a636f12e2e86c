using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.Shared.Contracts.Sessions;

/// <summary>A log line as the device keeps it.</summary>
/// <param name="Cursor">Rises by one with each line of the VM, over all its runs, from 1; a gap means lines that were lost or are gone.</param>
/// <param name="AtUnixNs">When the guest read the line, in nanoseconds since 1970 by the guest's clock.</param>
/// <param name="Stream">Where it was written.</param>
/// <param name="Text">The line without its end.</param>
public sealed record SessionLogEntry(ulong Cursor, long AtUnixNs, LogStream Stream, string Text)
{
    /// <summary>Decodes a frame's content.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not an entry.</exception>
    public static SessionLogEntry Decode(ReadOnlyMemory<byte> content) => WireReader.Decode(content, "log entry", static reader =>
    {
        ulong cursor = 0;
        long at = 0;
        LogStream stream = LogStream.Stdout;
        string text = "";
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: cursor = reader.ReadUInt64(); return true;
                case 2: at = reader.ReadInt64(); return true;
                case 3: stream = reader.ReadEnum<LogStream>(); return true;
                case 4: text = reader.ReadText(); return true;
                default: return false;
            }
        });
        return new SessionLogEntry(cursor, at, stream, text);
    });

    /// <summary>Encodes the frame's content.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        map.Field(1, Cursor);
        map.Field(2, AtUnixNs);
        map.Field(3, (int)Stream);
        map.Field(4, Text);
    }));
}
