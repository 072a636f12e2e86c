namespace MicroVm.Vmm.Control;

/// <summary>The vsock device: the guest's context id (3 to 2^32-2) and the host socket that stands for it.</summary>
internal sealed record VsockConfig(uint GuestCid, string UdsPath)
{
    internal const uint MinGuestCid = 3;
    internal const uint MaxGuestCid = uint.MaxValue - 1;
}
