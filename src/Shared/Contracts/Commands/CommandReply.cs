using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.Shared.Contracts.Commands;

/// <summary>The payload of <c>up/reply</c>: what a device makes of a command.</summary>
/// <param name="Header">Boot id and sequence.</param>
/// <param name="CommandId">The command.</param>
/// <param name="Kind">What it was to do.</param>
/// <param name="Refusal">Why it is not done; empty when it is done or begins now.</param>
public sealed record CommandReply(UplinkHeader Header, Guid CommandId, CommandKind Kind, string Refusal)
{
    /// <summary>Decodes a payload.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not a reply.</exception>
    public static CommandReply Decode(ReadOnlyMemory<byte> payload) => WireReader.Decode(payload, "command reply", static reader =>
    {
        UplinkHeader.Reading header = new();
        Guid id = Guid.Empty;
        CommandKind kind = default;
        string refusal = "";
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 10: id = UplinkHeader.ReadBootId(reader); return true;
                case 11: kind = reader.ReadEnum<CommandKind>(); return true;
                case 12: refusal = reader.ReadText(); return true;
                default: return header.Take(reader, key);
            }
        });
        return kind != default
            ? new CommandReply(header.Finish(reader), id, kind, refusal)
            : throw reader.Fault("a kind (key 11)", "none");
    });

    /// <summary>Encodes the payload.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        Header.Write(map);
        map.Field(10, CommandId.ToByteArray(bigEndian: true));
        map.Field(11, (int)Kind);
        map.Field(12, Refusal);
    }));
}
