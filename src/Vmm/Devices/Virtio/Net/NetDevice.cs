using System.Runtime.InteropServices;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.RateLimiting;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.EventLoop;

namespace MicroVm.Vmm.Devices.Virtio.Net;

/// <summary>
/// virtio-net (virtio 1.2 section 5.1) over a tap. Packets are never copied by this process, but for those of a responder. The tap is listened to while the
/// guest has receive buffers and its rate limiter lets packets through:
/// <code>
/// idle --driver ready--> listening --no buffers--> muted --guest adds buffers--> listening --tap gone--> lost
///                                  --rate limit--> muted --timer---------------> listening
/// </code>
/// What the guest set up is under the transport's lock; the tap's registration belongs to the loop thread.
/// </summary>
internal sealed partial class NetDevice : IVirtioDevice, IEventSource
{
    /// <summary>Packets of one direction served per turn: a flood leaves the loop to others in between.</summary>
    internal const int BatchPackets = 128;

    /// <summary>The header, an Ethernet header and 64 KiB: the largest packet with segmentation left to the other side.</summary>
    internal const uint LargestPacketBytes = 65562;

    private const ushort QueueSize = 256;
    private const int RxQueue = 0;
    private const int TxQueue = 1;
    private const uint EthernetHeaderBytes = 14;
    private const uint VlanTagBytes = 4;
    private const uint UsualMtu = 1500;

    private static readonly ushort[] s_queueMaxSizes = [QueueSize, QueueSize];

    private readonly INetBackend _backend;
    private readonly EpollLoop _loop;
    private readonly ReceiveBuffers _receive = new(QueueSize);
    private readonly ChainBuffers _transmit = new(QueueSize);
    private readonly RateLimiter _rxLimiter;
    private readonly RateLimiter _txLimiter;
    private readonly ResponderPort? _responder;
    private NetConfig _config;
    private volatile VirtioActivation? _activation;
    private uint _waitingBytes;
    private bool _isListening;
    private bool _isLost;

    /// <summary>Attaches to the host's tap. On the loop's thread or before it runs.</summary>
    /// <exception cref="Interop.Linux.OsFaultException">The tap or a limiter's timer cannot be had.</exception>
    internal NetDevice(NetworkInterfaceConfig config, EpollLoop loop, IFrameResponder? responder = null)
        : this(config, new TapDevice(config.HostDevName), loop, responder: responder)
    {
    }

    /// <summary>As above with a backend of the caller's, which belongs to the device from here on.</summary>
    /// <exception cref="Interop.Linux.OsFaultException">A timer cannot be had.</exception>
    internal NetDevice(
        NetworkInterfaceConfig config, INetBackend backend, EpollLoop loop, TimeProvider? clock = null, IFrameResponder? responder = null)
    {
        _backend = backend;
        _loop = loop;
        Name = NameOf(config.IfaceId);
        OfferedFeatures = NetFeature.Offloads
            | (config.GuestMac is null ? 0 : NetFeature.Mac)
            | (config.Mtu is null ? 0 : NetFeature.Mtu);
        _config.Mtu = config.Mtu ?? 0;
        config.GuestMac?.CopyTo(_config.Mac);
        try
        {
            _rxLimiter = new RateLimiter(config.RxRateLimiter, loop, () => _activation?.Transport.Requeue(RxQueue), clock);
            _txLimiter = new RateLimiter(config.TxRateLimiter, loop, () => _activation?.Transport.Requeue(TxQueue), clock);
            _responder = responder is null ? null : new ResponderPort(responder, loop, () => _activation?.Transport.Requeue(RxQueue));
            loop.Add(backend.Fd, 0, this, 0);
        }
        catch
        {
            _responder?.Dispose();
            _rxLimiter?.Dispose();
            _txLimiter?.Dispose();
            backend.Dispose();
            throw;
        }
    }

    public VirtioDeviceType DeviceType => VirtioDeviceType.Net;

    public string Name { get; }

    public ulong OfferedFeatures { get; }

    public ReadOnlySpan<ushort> QueueMaxSizes => s_queueMaxSizes;

    /// <summary>Counters.</summary>
    internal NetMetrics Metrics { get; } = new();

    /// <summary>Bytes of buffers lined up for one packet; section 5.1.6.3.1 has drivers give at least as many.</summary>
    private uint NeededBytes =>
        (_activation!.Features & NetFeature.LargeReceive) != 0
            ? LargestPacketBytes
            : NetHeader.SizeBytes + EthernetHeaderBytes + VlanTagBytes + Math.Max(UsualMtu, _config.Mtu);

    public void ReadConfig(uint offset, Span<byte> data) =>
        ConfigSpace.Read(MemoryMarshal.AsBytes(new ReadOnlySpan<NetConfig>(in _config)), offset, data);

    public void WriteConfig(uint offset, ReadOnlySpan<byte> data)
    {
        // With VERSION_1 no field is writable.
    }

    public void Activate(VirtioActivation activation)
    {
        Metrics.OffloadFaults += _backend.TrySetOffloads(TapOffload.For(activation.Features)) ? 0 : 1;
        _activation = activation;
    }

    public void Reset()
    {
        _activation = null;
        _receive.Clear();
        _responder?.Reset();
        _waitingBytes = 0;
    }

    public GuestFault OnDoorbell(int queue) => _activation switch
    {
        null => GuestFault.None,
        { } activation when queue == RxQueue => Receive(activation),
        { } activation => Transmit(activation),
    };

    /// <summary>Packets wait in the tap, or it is gone; on the loop thread, without the lock.</summary>
    public void OnReady(uint events, uint token)
    {
        VirtioActivation? activation = _activation;
        if ((events & (EpollLoop.Error | EpollLoop.HangUp)) != 0)
        {
            Lose();
            return;
        }

        if (activation is null)
        {
            Listen(false);
            return;
        }

        lock (activation.Transport.Gate)
        {
            // A reset on a vCPU thread may have come between; the packets stay where they are.
            if (ReferenceEquals(_activation, activation))
            {
                GuestFault fault = Receive(activation);
                if (fault != GuestFault.None)
                {
                    activation.Transport.Fail(fault);
                }
            }
        }
    }

    /// <summary>The device's name for the interface with this id.</summary>
    internal static string NameOf(string id) => $"network-interfaces/{id}";

    /// <summary>Changes the limits of a running device; on the loop's thread.</summary>
    /// <exception cref="Interop.Linux.OsFaultException">A limiter's timer cannot be had.</exception>
    internal void UpdateLimits(RateLimiterConfig? rx, RateLimiterConfig? tx)
    {
        if (rx is not null)
        {
            _rxLimiter.Update(rx);
        }

        if (tx is not null)
        {
            _txLimiter.Update(tx);
        }
    }

    public void Dispose()
    {
        _activation = null;
        _rxLimiter.Dispose();
        _txLimiter.Dispose();
        _responder?.Dispose();
        _loop.Remove(_backend.Fd);
        _backend.Dispose();
    }

    private void Listen(bool listen)
    {
        if (_isListening != listen && !_isLost)
        {
            _isListening = listen;
            _loop.Modify(_backend.Fd, listen ? EpollLoop.In : 0);
        }
    }

    /// <summary>The tap is gone for good. The guest keeps a device that drops what it sends; the process goes on.</summary>
    private void Lose()
    {
        if (!_isLost)
        {
            _isLost = true;
            Metrics.TapLosses++;
            _loop.Remove(_backend.Fd);
        }
    }
}
