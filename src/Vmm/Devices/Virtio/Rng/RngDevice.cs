using System.Runtime.InteropServices;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.RateLimiting;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Rng;

/// <summary>virtio-entropy (virtio 1.2 section 5.4): the host kernel's random bytes, written straight into the guest's buffers.</summary>
internal sealed unsafe class RngDevice : IVirtioDevice
{
    /// <summary>Most bytes given for one request; a longer one is returned partly filled, as the section allows.</summary>
    internal const uint MaxBytesPerRequest = 64 * 1024;

    private const ushort QueueSize = 256;
    private static readonly ushort[] s_queueMaxSizes = [QueueSize];

    private readonly ChainBuffers _buffers = new(QueueSize);
    private readonly RateLimiter _limiter;
    private VirtioActivation? _activation;

    /// <summary>Makes the device; on the loop's thread or before it runs.</summary>
    /// <exception cref="OsFaultException">The limiter's timer cannot be made.</exception>
    internal RngDevice(EntropyConfig config, EpollLoop loop, TimeProvider? clock = null) =>
        _limiter = new RateLimiter(config.RateLimiter, loop, () => _activation?.Transport.Requeue(0), clock);

    public VirtioDeviceType DeviceType => VirtioDeviceType.Entropy;

    public string Name => "entropy";

    public ulong OfferedFeatures => 0;

    public ReadOnlySpan<ushort> QueueMaxSizes => s_queueMaxSizes;

    /// <summary>Counters.</summary>
    internal RngMetrics Metrics { get; } = new();

    public void ReadConfig(uint offset, Span<byte> data) => data.Clear();

    public void WriteConfig(uint offset, ReadOnlySpan<byte> data)
    {
        // The device has no configuration space.
    }

    public void Activate(VirtioActivation activation) => _activation = activation;

    public void Reset() => _activation = null;

    public GuestFault OnDoorbell(int queue) =>
        _activation is null ? GuestFault.None : Serve(_activation.Queues[0], _activation.Transport);

    public void Dispose() => _limiter.Dispose();

    private GuestFault Serve(Virtqueue queue, IVirtioTransport transport)
    {
        // One queue's worth per turn bounds a doorbell to 16 MiB of random bytes, whatever the guest keeps adding.
        int budget = QueueSize;
        queue.SuppressNotifications();
        do
        {
            while (queue.TryPop(out DescriptorChain chain))
            {
                GuestFault fault = _buffers.Fill(ref chain);
                if (fault != GuestFault.None)
                {
                    return fault;
                }

                uint wanted = Math.Min(_buffers.WritableBytes, MaxBytesPerRequest);
                if (!_limiter.TryConsume(wanted))
                {
                    queue.UndoPop(chain.Head);
                    Metrics.ThrottledRequests++;
                    transport.NotifyUsed(queue);
                    return GuestFault.None;
                }

                queue.Complete(chain.Head, FillRandom(wanted));
                if (--budget == 0)
                {
                    transport.NotifyUsed(queue);
                    transport.Requeue(0);
                    return GuestFault.None;
                }
            }
        }
        while (queue.EnableNotifications());

        transport.NotifyUsed(queue);
        return queue.Fault;
    }

    private uint FillRandom(uint wanted)
    {
        uint written = 0;
        foreach (ref readonly IoVec vector in _buffers.SliceWritable(0, wanted))
        {
            uint given = FillVector(vector);
            written += given;
            if (given < vector.Length)
            {
                break;
            }
        }

        Metrics.Requests++;
        Metrics.Bytes += written;
        Metrics.EmptyRequests += written == 0 ? 1 : 0;
        return written;
    }

    private static uint FillVector(in IoVec vector)
    {
        uint filled = 0;
        while (filled < vector.Length)
        {
            // SAFETY: the vector is device-writable guest RAM, proven when the chain was walked.
            nint given = Libc.getrandom((byte*)vector.Base + filled, vector.Length - filled, 0);
            if (given > 0)
            {
                filled += (uint)given;
            }
            else if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
            {
                break;
            }
        }

        return filled;
    }
}
