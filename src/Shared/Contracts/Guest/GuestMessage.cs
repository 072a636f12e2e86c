using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>One message of the <see cref="GuestChannel"/>. Key 0 of its map says which one it is.</summary>
public abstract record GuestMessage
{
    /// <summary>The number in key 0.</summary>
    internal abstract int Kind { get; }

    /// <summary>Decodes a frame's body.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not a message of the channel.</exception>
    public static GuestMessage Decode(ReadOnlyMemory<byte> body) => WireReader.Decode(body, "guest message", static reader =>
    {
        GuestMessageFields fields = new();
        reader.ReadMap(key => fields.Take(reader, key));
        return fields.Finish(reader);
    });

    /// <summary>Encodes a frame's body.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        map.Field(0, Kind);
        WriteFields(map);
    }));

    /// <summary>Writes the fields behind key 0.</summary>
    internal abstract void WriteFields(WireWriter map);
}
