using MicroVm.Vmm.Mmds.Network;

namespace MicroVm.Vmm.Tests.Mmds;

/// <summary>A segment that the guest got.</summary>
internal sealed record GuestSegment(
    ushort SourcePort,
    ushort Port,
    uint Sequence,
    uint Acknowledgment,
    TcpFlags Flags,
    ushort Window,
    ushort LargestPayload,
    string Payload);
