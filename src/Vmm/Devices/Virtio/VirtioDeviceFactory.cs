using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.Balloon;
using MicroVm.Vmm.Devices.Virtio.Block;
using MicroVm.Vmm.Devices.Virtio.Net;
using MicroVm.Vmm.Devices.Virtio.Rng;
using MicroVm.Vmm.Devices.Virtio.Vsock;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Mmds;
using MicroVm.Vmm.Mmds.Network;

namespace MicroVm.Vmm.Devices.Virtio;

/// <summary>The devices of a configuration, with their host files and sockets open.</summary>
internal static class VirtioDeviceFactory
{
    /// <summary>Drives with the root device first, then network interfaces, vsock, entropy, balloon: the guest names disks and interfaces in this order.</summary>
    /// <exception cref="Interop.Linux.OsFaultException">A host file or socket failed; what was open already is closed again.</exception>
    internal static IReadOnlyList<IVirtioDevice> Create(VmConfig config, EpollLoop loop, MetadataService metadata)
    {
        var devices = new List<IVirtioDevice>();
        try
        {
            AddDrives(devices, config.Drives, loop, rootDevice: true);
            AddDrives(devices, config.Drives, loop, rootDevice: false);
            foreach (NetworkInterfaceConfig network in config.NetworkInterfaces)
            {
                bool reachesMetadata = config.Mmds is { } mmds && mmds.IsReachedFrom(network.IfaceId);
                devices.Add(new NetDevice(network, loop, reachesMetadata ? new MetadataNetwork(metadata) : null));
            }

            if (config.Vsock is not null)
            {
                devices.Add(new VsockDevice(config.Vsock, loop));
            }

            if (config.Entropy is not null)
            {
                devices.Add(new RngDevice(config.Entropy, loop));
            }

            if (config.Balloon is not null)
            {
                devices.Add(new BalloonDevice(config.Balloon, loop));
            }

            return devices;
        }
        catch
        {
            foreach (IVirtioDevice device in devices)
            {
                device.Dispose();
            }

            throw;
        }
    }

    private static void AddDrives(List<IVirtioDevice> devices, IReadOnlyList<DriveConfig> drives, EpollLoop loop, bool rootDevice)
    {
        foreach (DriveConfig drive in drives)
        {
            if (drive.IsRootDevice == rootDevice)
            {
                devices.Add(new BlockDevice(drive, loop));
            }
        }
    }
}
