namespace MicroVm.Vmm.Control;

/// <summary>Everything a VM is made of; complete and checked, except that host files are opened later.</summary>
internal sealed record VmConfig
{
    /// <summary>Processors and memory.</summary>
    internal MachineConfig Machine { get; init; } = new();

    /// <summary>What is booted.</summary>
    internal required BootSource BootSource { get; init; }

    /// <summary>Drives in the order they were given; at most one is the root device.</summary>
    internal IReadOnlyList<DriveConfig> Drives { get; init; } = [];

    /// <summary>Network interfaces in the order they were given.</summary>
    internal IReadOnlyList<NetworkInterfaceConfig> NetworkInterfaces { get; init; } = [];

    /// <summary>The vsock device, when there is one.</summary>
    internal VsockConfig? Vsock { get; init; }

    /// <summary>The entropy device, when there is one.</summary>
    internal EntropyConfig? Entropy { get; init; }

    /// <summary>Where metrics go, when anywhere.</summary>
    internal MetricsConfig? Metrics { get; init; }

    /// <summary>The balloon, when there is one.</summary>
    internal BalloonConfig? Balloon { get; init; }

    /// <summary>Who may reach the metadata service; null when nobody may.</summary>
    internal MmdsConfig? Mmds { get; init; }

    /// <summary>Where the serial console goes, when not to the defaults.</summary>
    internal SerialConfig? Serial { get; init; }

    /// <summary>Where the log goes, when not to the defaults.</summary>
    internal LoggerConfig? Logger { get; init; }
}
