using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;

namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>A device of two queues that notes what its transport asks of it, and returns each chain at once.</summary>
internal sealed class RecordingDevice : IVirtioDevice
{
    private static readonly ushort[] s_sizes = [256, 64];
    private readonly ChainBuffers _buffers = new(256);
    private VirtioActivation? _activation;

    internal const ulong Feature = 1UL << 3;

    internal List<string> Calls { get; } = [];

    internal VirtioActivation? Activation => _activation;

    public VirtioDeviceType DeviceType => VirtioDeviceType.Block;

    public string Name => "recording";

    public ulong OfferedFeatures => Feature;

    public ReadOnlySpan<ushort> QueueMaxSizes => s_sizes;

    public void ReadConfig(uint offset, Span<byte> data) => data.Fill((byte)offset);

    public void WriteConfig(uint offset, ReadOnlySpan<byte> data) => Calls.Add($"config {offset}+{data.Length}");

    public void Activate(VirtioActivation activation)
    {
        _activation = activation;
        Calls.Add("activate");
    }

    public GuestFault OnDoorbell(int queue)
    {
        Virtqueue ring = _activation!.Queues[queue];
        ring.SuppressNotifications();
        do
        {
            while (ring.TryPop(out DescriptorChain chain))
            {
                GuestFault fault = _buffers.Fill(ref chain);
                if (fault != GuestFault.None)
                {
                    return fault;
                }

                ring.Complete(chain.Head, _buffers.WritableBytes);
            }
        }
        while (ring.EnableNotifications());

        _activation.Transport.NotifyUsed(ring);
        return ring.Fault;
    }

    public void Reset()
    {
        _activation = null;
        Calls.Add("reset");
    }

    public void Dispose() => Calls.Add("dispose");
}
