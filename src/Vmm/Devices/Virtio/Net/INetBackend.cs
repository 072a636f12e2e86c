using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Net;

/// <summary>The host's end of a network interface. A transfer is one packet with its <see cref="NetHeader"/>; none blocks or throws.</summary>
internal interface INetBackend : IPacketSource, IDisposable
{
    /// <summary>A descriptor that epoll reports as readable while packets wait, and with an error once the backend is gone.</summary>
    int Fd { get; }

    /// <summary>Tells which packets the guest takes, in the TUN_F_ bits of <see cref="TapOffload"/>; false when that is refused.</summary>
    bool TrySetOffloads(uint offloads);

    /// <summary>Bytes of the packet that was sent, or a negative errno.</summary>
    int Send(ReadOnlySpan<IoVec> source);
}
