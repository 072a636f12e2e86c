using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Grains.Devices;

/// <summary>
/// A desired state as it was made, byte for byte: encoding it anew by a later version of this program could give another
/// digest for the same generation.
/// </summary>
/// <param name="Generation">0 while the device was never told anything.</param>
/// <param name="Bytes">The encoded document.</param>
internal sealed record DesiredDocument(ulong Generation, byte[] Bytes)
{
    internal static DesiredDocument Empty { get; } = new(0, DesiredState.Empty.Encode());

    private DesiredState? _state;

    internal Digest Digest { get; } = Digest.Of(Bytes);

    /// <summary>What the bytes say; read when it is first asked for.</summary>
    internal DesiredState State => _state ??= DesiredState.Decode(Bytes);

    internal byte[] Envelope() => DesiredEnvelope.Of(Generation, Bytes).Encode();
}
