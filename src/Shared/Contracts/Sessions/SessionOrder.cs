using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Sessions;

/// <summary>
/// The argument of <see cref="Commands.CommandKind.OpenSession"/>: the device is to call back for a session. It connects a
/// WebSocket to the control plane under the session's id, with its certificate, and there finds the operator's first frame.
/// </summary>
/// <param name="Session">The session; random, good for one call and for as long as the operator waits.</param>
/// <param name="Vm">The VM that it is about.</param>
public sealed record SessionOrder(Guid Session, ResourceName Vm)
{
    /// <summary>Decodes an argument.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not an order.</exception>
    public static SessionOrder Decode(ReadOnlyMemory<byte> argument) => WireReader.Decode(argument, "session order", static reader =>
    {
        Guid session = Guid.Empty;
        ResourceName vm = default;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: session = UplinkHeader.ReadBootId(reader); return true;
                case 2: vm = reader.ReadParsed(ResourceName.Parse); return true;
                default: return false;
            }
        });
        return session == Guid.Empty || vm == default
            ? throw reader.Fault("a session and a VM (keys 1 and 2)", "not both")
            : new SessionOrder(session, vm);
    });

    /// <summary>Encodes the argument.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        map.Field(1, Session.ToByteArray(bigEndian: true));
        map.Field(2, Vm.Value);
    }));
}
