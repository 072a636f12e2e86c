using MicroVm.Vmm.Arch;
using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Kvm;
using MicroVm.Vmm.Memory;
using MicroVm.Vmm.Mmds;

namespace MicroVm.Vmm.Machine;

/// <summary>Gives each virtio device its window, interrupt and doorbells, in the order of the configuration.</summary>
internal sealed class VirtioSlots(
    KvmVm vm, IPlatform platform, GuestMemory memory, IoBus bus, IPostedWrites postedWrites, EpollLoop loop, Logger logger, OwnedResources resources)
{
    private readonly VirtioPlaces _places = platform.VirtioPlaces;

    /// <summary>Adds every device of <paramref name="config"/>; returns their transports, which own them and belong to the machine.</summary>
    internal IReadOnlyList<VirtioMmioDevice> AddAll(VmConfig config, MetadataService metadata)
    {
        IReadOnlyList<IVirtioDevice> devices = VirtioDeviceFactory.Create(config, loop, metadata);
        int next = 0;
        try
        {
            if (devices.Count > _places.Count)
            {
                throw new VmmFaultException(
                    ExitCode.BadConfiguration, $"devices: expected at most {_places.Count}, found {devices.Count}");
            }

            List<VirtioMmioDevice> transports = new(devices.Count);
            while (next < devices.Count)
            {
                transports.Add(MakeTransport(devices[next], next));
                next++;
                Connect(transports[^1], next - 1);
            }

            return transports;
        }
        catch
        {
            // The others belong to their transports, and so to the machine's resources.
            for (; next < devices.Count; next++)
            {
                devices[next].Dispose();
            }

            throw;
        }
    }

    private VirtioMmioDevice MakeTransport(IVirtioDevice device, int index)
    {
        IInterruptLine interrupt = platform.InterruptLine(_places.Interrupt(index));
        return resources.Own(
            new VirtioMmioDevice(device, memory, interrupt, loop, message => logger.Warning(message, nameof(VirtioMmioDevice)), postedWrites));
    }

    private void Connect(VirtioMmioDevice transport, int index)
    {
        ulong window = _places.Window(index);
        bus.Add(window, _places.WindowSize, transport);

        // The guest acknowledges and goes on; nobody needs to know before the next interrupt or the next look at the status.
        vm.CoalesceWrites(new GuestAddress(window + MmioRegister.InterruptAck), sizeof(uint));
        uint queue = 0;
        foreach (EventFd doorbell in transport.Doorbells)
        {
            vm.BindDoorbell(doorbell.Fd, new GuestAddress(window + MmioRegister.QueueNotify), queue++);
        }
    }
}
