using System.Numerics;
using System.Runtime.InteropServices;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Balloon;

/// <summary>
/// virtio-balloon (virtio 1.2 section 5.5): the guest gives pages up when it is asked to, or reports them free, and the host gets them
/// back. Numbers that come from the guest are used for nothing but giving back its own memory.
/// The members for the API are for the loop thread, where the queues are served as well.
/// </summary>
internal sealed partial class BalloonDevice : IVirtioDevice, IEventSource
{
    /// <summary>Pages of 4 KiB in a MiB.</summary>
    internal const uint PagesPerMib = 256;

    private const ushort QueueSize = 256;

    private readonly EpollLoop _loop;
    private readonly TimerFd? _timer;
    private readonly ushort[] _queueMaxSizes;
    private readonly ChainBuffers _buffers = new(QueueSize);
    private readonly bool _deflatesOnOutOfMemory;
    private readonly bool _reportsFreePages;
    private readonly bool _hintsFreePages;
    private uint _targetPages;
    private uint _actualPages;
    private int _intervalSeconds;
    private int _heldStatistics = NothingHeld;
    private VirtioActivation? _activation;

    /// <exception cref="OsFaultException">The timer for statistics could not be made.</exception>
    internal BalloonDevice(BalloonConfig config, EpollLoop loop)
    {
        _loop = loop;
        _targetPages = (uint)config.AmountMib * PagesPerMib;
        _deflatesOnOutOfMemory = config.DeflateOnOom;
        _reportsFreePages = config.FreePageReporting;
        _hintsFreePages = config.FreePageHinting;
        _intervalSeconds = config.StatsPollingIntervalSeconds;
        if (_intervalSeconds > 0)
        {
            _timer = new TimerFd();
            loop.Add(_timer.Fd, EpollLoop.In, this, 0);
        }

        _queueMaxSizes = new ushort[QueueCountFor(OfferedFeatures)];
        Array.Fill(_queueMaxSizes, QueueSize);
    }

    public VirtioDeviceType DeviceType => VirtioDeviceType.Balloon;

    public string Name => "balloon";

    public ulong OfferedFeatures =>
        (_timer is null ? 0 : BalloonFeature.Statistics)
        | (_deflatesOnOutOfMemory ? BalloonFeature.DeflateOnOutOfMemory : 0)
        | (_hintsFreePages ? BalloonFeature.FreePageHinting : 0)
        | (_reportsFreePages ? BalloonFeature.PageReporting : 0);

    public ReadOnlySpan<ushort> QueueMaxSizes => _queueMaxSizes;

    /// <summary>Counters.</summary>
    internal BalloonMetrics Metrics { get; } = new();

    /// <summary>What the guest said last about its memory.</summary>
    internal BalloonStatistics Statistics { get; } = new();

    /// <summary>Pages the guest is asked to give up.</summary>
    internal uint TargetPages => Volatile.Read(ref _targetPages);

    /// <summary>Pages the guest says it has given up, whatever that is worth.</summary>
    internal uint ActualPages => Volatile.Read(ref _actualPages);

    public int QueueCountFor(ulong features) =>
        2 + BitOperations.PopCount(features & (BalloonFeature.Statistics | BalloonFeature.FreePageHinting | BalloonFeature.PageReporting));

    /// <summary>Asks the guest to give up this much, or to take back what is beyond it.</summary>
    internal void SetTarget(int amountMib)
    {
        Volatile.Write(ref _targetPages, (uint)amountMib * PagesPerMib);
        if (Volatile.Read(ref _activation) is VirtioActivation activation)
        {
            lock (activation.Transport.Gate)
            {
                activation.Transport.NotifyConfigChanged();
            }
        }
    }

    /// <summary>Changes how often statistics are taken; the device must have been made with them.</summary>
    internal void SetStatisticsInterval(int seconds)
    {
        _intervalSeconds = seconds;
        if (Volatile.Read(ref _activation) is not null)
        {
            ArmTimer(seconds);
        }
    }

    public void ReadConfig(uint offset, Span<byte> data)
    {
        BalloonConfigSpace space = new() { TargetPages = TargetPages, ActualPages = _actualPages, HintingCommand = Hinting.HostCommand };
        ConfigSpace.Read(MemoryMarshal.AsBytes(new ReadOnlySpan<BalloonConfigSpace>(in space)), offset, data);
    }

    public void WriteConfig(uint offset, ReadOnlySpan<byte> data)
    {
        // Only "actual" is the driver's, and it writes all of it.
        if (offset != ActualOffset || data.Length != sizeof(uint))
        {
            return;
        }

        uint pages = MemoryMarshal.Read<uint>(data);
        Volatile.Write(ref _actualPages, pages);
        if (_activation is not null && pages > _activation.Memory.SizeBytes / PageBytes)
        {
            Metrics.ImpossibleActuals++;
        }
    }

    public void Activate(VirtioActivation activation)
    {
        Volatile.Write(ref _activation, activation);
        if ((activation.Features & BalloonFeature.Statistics) != 0)
        {
            ArmTimer(_intervalSeconds);
        }
    }

    public void Reset()
    {
        Volatile.Write(ref _activation, null);
        Volatile.Write(ref _actualPages, 0);
        _heldStatistics = NothingHeld;
        Statistics.Clear();
        Hinting.Reset();
        if (_timer is not null)
        {
            ArmTimer(0);
        }
    }

    public void Dispose()
    {
        if (_timer is not null)
        {
            _loop.Remove(_timer.Fd);
            _timer.Dispose();
        }
    }

    private void ArmTimer(int seconds)
    {
        TimeSpan period = TimeSpan.FromSeconds(seconds);
        _timer!.Arm(period, period);
    }
}
