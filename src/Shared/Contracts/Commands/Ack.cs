using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.Shared.Contracts.Commands;

/// <summary>The payload of <c>down/ack</c>: this telemetry batch is durable at the control plane and may leave the spool.</summary>
/// <param name="BootId">Boot id of the batch.</param>
/// <param name="Sequence">Sequence of the batch.</param>
public sealed record Ack(Guid BootId, ulong Sequence)
{
    private const int Version = 1;

    /// <summary>Decodes a payload.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not an acknowledgement.</exception>
    public static Ack Decode(ReadOnlyMemory<byte> payload) => WireReader.Decode(payload, "ack", static reader =>
    {
        int version = 0;
        Guid bootId = Guid.Empty;
        ulong sequence = 0;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 0: version = reader.ReadInt32(); return true;
                case 1: bootId = UplinkHeader.ReadBootId(reader); return true;
                case 2: sequence = reader.ReadUInt64(); return true;
                default: return false;
            }
        });
        reader.RequireVersion(version, Version);
        return new Ack(bootId, sequence);
    });

    /// <summary>Encodes the payload.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        map.Field(0, Version);
        map.Field(1, BootId.ToByteArray(bigEndian: true));
        map.Field(2, Sequence);
    }));
}
