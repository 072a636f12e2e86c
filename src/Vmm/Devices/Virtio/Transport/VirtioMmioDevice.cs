using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Devices.Virtio.Transport;

/// <summary>
/// virtio-mmio version 2 (virtio 1.2 section 4.2) in front of one <see cref="IVirtioDevice"/>.
/// <para>Locking: <see cref="Gate"/> covers the registers, the queues and the device. vCPU threads take it for register writes
/// that change something, the event loop takes it while it works a queue; so a reset returns only when no work touches guest
/// memory any more, as section 2.1.2 demands. What an interrupt handler uses (interrupt status and acknowledge, device status,
/// queue notify) does not take the lock, so a guest's handler never waits for the host's disk.</para>
/// </summary>
internal sealed partial class VirtioMmioDevice : IBusDevice, IVirtioTransport, IEventSource, IDisposable
{
    /// <summary>Bytes of the register window.</summary>
    internal const ulong WindowBytes = 0x1000;

    private const int UsedBufferInterrupt = 1;
    private const int ConfigInterrupt = 2;

    private readonly IVirtioDevice _device;
    private readonly GuestMemory _memory;
    private readonly IInterruptLine _interrupt;
    private readonly EpollLoop _loop;
    private readonly FaultLog _log;
    private readonly IPostedWrites? _postedWrites;
    private readonly EventFd[] _doorbells;
    private readonly VirtqueueConfig[] _queueConfigs;
    private Virtqueue[]? _queues;
    private ulong _acceptedFeatures;
    private uint _deviceFeaturesSelect;
    private uint _driverFeaturesSelect;
    private uint _queueSelect;
    private uint _configGeneration;
    private int _interruptStatus;
    private volatile uint _status;

    /// <summary>Puts a device on the bus and its doorbells on the loop. Call on the loop's thread or before it runs.</summary>
    /// <param name="device">Owned from here on and disposed with the transport.</param>
    /// <param name="memory">Guest RAM.</param>
    /// <param name="interrupt">The device's interrupt.</param>
    /// <param name="loop">Where doorbells are served.</param>
    /// <param name="log">Takes the rate-limited lines about guest faults; any thread.</param>
    /// <param name="postedWrites">Where acknowledgements of interrupts may be waiting.</param>
    /// <exception cref="OsFaultException">An eventfd could not be made.</exception>
    internal VirtioMmioDevice(
        IVirtioDevice device,
        GuestMemory memory,
        IInterruptLine interrupt,
        EpollLoop loop,
        Action<string>? log = null,
        IPostedWrites? postedWrites = null)
    {
        _device = device;
        _memory = memory;
        _interrupt = interrupt;
        _loop = loop;
        _log = new FaultLog(log);
        _postedWrites = postedWrites;
        int queueCount = device.QueueMaxSizes.Length;
        _queueConfigs = new VirtqueueConfig[queueCount];
        _doorbells = new EventFd[queueCount];
        for (int i = 0; i < queueCount; i++)
        {
            _doorbells[i] = new EventFd();
            // Edge-triggered: each ring wakes the loop, and nobody needs to read the eventfd, whose counter lasts for 2^64 rings.
            loop.Add(_doorbells[i].Fd, EpollLoop.In | EpollLoop.EdgeTriggered, this, (uint)i);
        }
    }

    /// <summary>One per queue; bind each with KVM_IOEVENTFD to the QueueNotify register and the queue's index.</summary>
    internal IReadOnlyList<EventFd> Doorbells => _doorbells;

    /// <summary>The device behind the registers.</summary>
    internal IVirtioDevice Device => _device;

    /// <summary>Counters.</summary>
    internal VirtioMmioMetrics Metrics { get; } = new();

    public Lock Gate { get; } = new();

    private DeviceStatus Status => (DeviceStatus)_status;

    public void NotifyUsed(Virtqueue queue)
    {
        if (queue.ShouldInterrupt())
        {
            Metrics.UsedInterrupts++;
            Interrupt(UsedBufferInterrupt);
        }
    }

    public void NotifyConfigChanged()
    {
        _configGeneration++;
        if (Status == Running)
        {
            Interrupt(ConfigInterrupt);
        }
    }

    public void Requeue(int queue) => _doorbells[queue].Signal();

    public void Fail(GuestFault fault)
    {
        if (_queues is null && (Status & DeviceStatus.DriverOk) == 0)
        {
            return;
        }

        // Virtio 1.2 section 2.1.2: the device sets NEEDS_RESET and, once DRIVER_OK is set, sends a configuration change.
        _queues = null;
        _status |= (uint)DeviceStatus.NeedsReset;
        _device.Reset();
        Metrics.GuestFaults++;
        _log.Report(_device.Name, fault, Environment.TickCount64);
        Interrupt(ConfigInterrupt);
    }

    /// <summary>A doorbell rang; on the loop thread.</summary>
    public void OnReady(uint events, uint token)
    {
        lock (Gate)
        {
            // A doorbell may ring before DRIVER_OK, after a fault or after FAILED: nothing may be consumed then.
            if (_queues is not null && Status == Running)
            {
                Metrics.Doorbells++;
                GuestFault fault = _device.OnDoorbell((int)token);
                if (fault != GuestFault.None)
                {
                    Fail(fault);
                }
            }
        }
    }

    public void Dispose()
    {
        lock (Gate)
        {
            _queues = null;
            _status = 0;
            _device.Reset();
        }

        foreach (EventFd doorbell in _doorbells)
        {
            _loop.Remove(doorbell.Fd);
            doorbell.Dispose();
        }

        _device.Dispose();
    }

    private const DeviceStatus Running =
        DeviceStatus.Acknowledge | DeviceStatus.Driver | DeviceStatus.FeaturesOk | DeviceStatus.DriverOk;

    private void Interrupt(int cause)
    {
        // An acknowledgement that came before this cause must not take it away (docs/decisions/interrupts.md).
        _postedWrites?.Deliver();
        Interlocked.Or(ref _interruptStatus, cause);
        _interrupt.Trigger();
    }

    private void WriteStatus(uint value)
    {
        bool acceptable = (_acceptedFeatures & VirtioFeature.Version1) != 0 && (_acceptedFeatures & ~OfferedFeatures) == 0;
        DeviceStatusTransition next = DeviceStatusTransition.Next(Status, (DeviceStatus)value, acceptable);
        switch (next.Effect)
        {
            case StatusEffect.Refused:
                Metrics.RefusedWrites++;
                break;
            case StatusEffect.Reset:
                Reset();
                break;
            case StatusEffect.Activate:
                _status = (uint)next.Status;
                Activate();
                break;
            default:
                _status = (uint)next.Status;
                break;
        }
    }

    private void Activate()
    {
        var queues = new Virtqueue[_device.QueueCountFor(_acceptedFeatures)];
        for (int i = 0; i < queues.Length; i++)
        {
            GuestFault fault = Virtqueue.TryCreate(
                _memory, _queueConfigs[i], _device.QueueMaxSizes[i], _acceptedFeatures, out Virtqueue? queue);
            if (fault != GuestFault.None)
            {
                Fail(fault);
                return;
            }

            queues[i] = queue!;
        }

        _queues = queues;
        _device.Activate(new VirtioActivation(queues, _acceptedFeatures, this, _memory));

        // A notification that came before DRIVER_OK was dropped; look once at what is there.
        foreach (EventFd doorbell in _doorbells)
        {
            doorbell.Signal();
        }
    }

    private void Reset()
    {
        _queues = null;
        _device.Reset();
        Array.Clear(_queueConfigs);
        _acceptedFeatures = 0;
        _deviceFeaturesSelect = 0;
        _driverFeaturesSelect = 0;
        _queueSelect = 0;
        Interlocked.Exchange(ref _interruptStatus, 0);
        _status = 0;
        Metrics.Resets++;
    }
}
