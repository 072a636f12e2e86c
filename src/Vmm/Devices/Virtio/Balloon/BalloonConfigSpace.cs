using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Devices.Virtio.Balloon;

/// <summary><c>struct virtio_balloon_config</c> of virtio 1.2 section 5.5.4, as far as the offered features give it meaning.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BalloonConfigSpace
{
    /// <summary>Pages of 4 KiB the device asks the guest to give up.</summary>
    internal uint TargetPages;

    /// <summary>Pages the guest says it has given up: its word, believed by nobody.</summary>
    internal uint ActualPages;

    /// <summary>The hinting run the guest is asked for; see <see cref="HintingState"/>.</summary>
    internal uint HintingCommand;
}
