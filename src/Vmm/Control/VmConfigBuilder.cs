namespace MicroVm.Vmm.Control;

/// <summary>Collects a configuration part by part, as the API or a file brings it; a later part replaces an earlier one of the same kind.</summary>
internal sealed class VmConfigBuilder
{
    internal const int MaxDrives = 16;

    internal const int MaxNetworkInterfaces = 16;

    private readonly List<DriveConfig> _drives = [];
    private readonly List<NetworkInterfaceConfig> _networkInterfaces = [];

    /// <summary>Processors and memory; has defaults.</summary>
    internal MachineConfig Machine { get; set; } = new();

    /// <summary>What is booted; needed before <see cref="Build"/>.</summary>
    internal BootSource? BootSource { get; set; }

    /// <summary>The drives so far.</summary>
    internal IReadOnlyList<DriveConfig> Drives => _drives;

    /// <summary>The network interfaces so far.</summary>
    internal IReadOnlyList<NetworkInterfaceConfig> NetworkInterfaces => _networkInterfaces;

    /// <summary>The vsock device.</summary>
    internal VsockConfig? Vsock { get; set; }

    /// <summary>The entropy device.</summary>
    internal EntropyConfig? Entropy { get; set; }

    /// <summary>The metrics.</summary>
    internal MetricsConfig? Metrics { get; set; }

    /// <summary>The balloon.</summary>
    internal BalloonConfig? Balloon { get; set; }

    /// <summary>The metadata service.</summary>
    internal MmdsConfig? Mmds { get; set; }

    /// <summary>The serial console.</summary>
    internal SerialConfig? Serial { get; set; }

    /// <summary>The log.</summary>
    internal LoggerConfig? Logger { get; set; }

    /// <summary>Adds a drive, or replaces the one with its id.</summary>
    /// <exception cref="VmConfigException">There is another root device already, or no room for one more drive.</exception>
    internal void SetDrive(DriveConfig drive, string path)
    {
        int index = _drives.FindIndex(other => other.DriveId == drive.DriveId);
        DriveConfig? root = _drives.Find(other => other.IsRootDevice && other.DriveId != drive.DriveId);
        if (drive.IsRootDevice && root is not null)
        {
            throw new VmConfigException($"{path}.is_root_device", "one root device", $"\"{root.DriveId}\" and \"{drive.DriveId}\"");
        }

        if (index >= 0)
        {
            _drives[index] = drive;
        }
        else if (_drives.Count < MaxDrives)
        {
            _drives.Add(drive);
        }
        else
        {
            throw new VmConfigException(path, $"at most {MaxDrives} drives", $"{MaxDrives + 1}");
        }
    }

    /// <summary>The network interface with this id, or null.</summary>
    internal NetworkInterfaceConfig? FindNetworkInterface(string id) => _networkInterfaces.Find(network => network.IfaceId == id);

    /// <summary>Adds a network interface, or replaces the one with its id.</summary>
    /// <exception cref="VmConfigException">Another interface has its address, or there is no room for one more.</exception>
    internal void SetNetworkInterface(NetworkInterfaceConfig config, string path)
    {
        int index = _networkInterfaces.FindIndex(other => other.IfaceId == config.IfaceId);
        NetworkInterfaceConfig? twin = _networkInterfaces.Find(
            other => other.IfaceId != config.IfaceId && other.GuestMac is not null && other.GuestMac == config.GuestMac);
        if (twin is not null)
        {
            throw new VmConfigException($"{path}.guest_mac", "an address of its own", $"{config.GuestMac}, which \"{twin.IfaceId}\" has");
        }

        if (index >= 0)
        {
            _networkInterfaces[index] = config;
        }
        else if (_networkInterfaces.Count < MaxNetworkInterfaces)
        {
            _networkInterfaces.Add(config);
        }
        else
        {
            throw new VmConfigException(path, $"at most {MaxNetworkInterfaces} network interfaces", $"{MaxNetworkInterfaces + 1}");
        }
    }

    /// <summary>The configuration as it is now.</summary>
    /// <exception cref="VmConfigException">There is no boot source, the balloon takes more than there is, or metadata an interface that is not.</exception>
    internal VmConfig Build()
    {
        Balloon?.CheckAgainst(Machine);
        Mmds?.CheckAgainst(_networkInterfaces);
        return new VmConfig
        {
            Machine = Machine,
            BootSource = BootSource ?? throw new VmConfigException("boot-source", "a kernel to boot", "nothing"),
            Drives = _drives.ToArray(),
            NetworkInterfaces = _networkInterfaces.ToArray(),
            Vsock = Vsock,
            Entropy = Entropy,
            Balloon = Balloon,
            Metrics = Metrics,
            Mmds = Mmds,
            Serial = Serial,
            Logger = Logger,
        };
    }
}
