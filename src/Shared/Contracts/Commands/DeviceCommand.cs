using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.Shared.Contracts.Commands;

/// <summary>The content of a <c>down/command</c>, which is signed (<see cref="Codecs.Cose.SignedMessage"/>).</summary>
/// <param name="Id">Names the command in its reply; the same when it is sent again.</param>
/// <param name="Kind">What to do.</param>
/// <param name="Argument">What to do it with; empty when nothing is needed.</param>
public sealed record DeviceCommand(Guid Id, CommandKind Kind, byte[] Argument)
{
    private const int Version = 1;

    /// <summary>
    /// Whom a command is for: the device and its key, because a command to an enrolment that is over must not reach the next one.
    /// </summary>
    public static string Audience(Shared.Identity.DeviceId device, Shared.Identity.Digest publicKey) => $"{device}/{publicKey}";

    /// <summary>Decodes the content.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not a command.</exception>
    public static DeviceCommand Decode(ReadOnlyMemory<byte> content) => WireReader.Decode(content, "command", static reader =>
    {
        int version = 0;
        Guid id = Guid.Empty;
        CommandKind kind = default;
        byte[] argument = [];
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 0: version = reader.ReadInt32(); return true;
                case 1: id = UplinkHeader.ReadBootId(reader); return true;
                case 2: kind = reader.ReadEnum<CommandKind>(); return true;
                case 3: argument = reader.ReadBytes(); return true;
                default: return false;
            }
        });
        reader.RequireVersion(version, Version);
        return kind != default ? new DeviceCommand(id, kind, argument) : throw reader.Fault("a kind (key 2)", "none");
    });

    /// <summary>Encodes the content.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        map.Field(0, Version);
        map.Field(1, Id.ToByteArray(bigEndian: true));
        map.Field(2, (int)Kind);
        map.Field(3, Argument);
    }));
}
