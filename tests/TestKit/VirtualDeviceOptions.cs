namespace MicroVm.TestKit;

/// <summary>What <c>deploy/virtual-device/run.sh</c> is told.</summary>
public sealed record VirtualDeviceOptions
{
    /// <summary>Device id.</summary>
    public string Id { get; init; } = "edge-1";

    /// <summary><c>x86_64</c> or <c>aarch64</c>.</summary>
    public string Architecture { get; init; } = "x86_64";

    /// <summary>Version of an aarch64 device's interrupt controller: 2 or 3.</summary>
    public int GicVersion { get; init; } = 3;

    /// <summary>Port of the control plane's API on this machine's loopback.</summary>
    public required int ApiPort { get; init; }

    /// <summary>Port of its MQTT gateway.</summary>
    public required int MqttPort { get; init; }

    /// <summary>Lets it in at its first boot; empty for a device that never has to get in.</summary>
    public string EnrolmentToken { get; init; } = "";

    /// <summary>Where logs are put when a boot is over, such as <see cref="Artifacts.ResultsFolder"/>.</summary>
    public required string Results { get; init; }

    /// <summary>Memory in MiB.</summary>
    public int MemoryMib { get; init; } = 2048;

    /// <summary>Processors.</summary>
    public int Cpus { get; init; } = 1;

    /// <summary>Whether it is a Debian with systemd, without the agent (<c>run.sh --systemd</c>).</summary>
    public bool HasSystemd { get; init; }

    /// <summary>A squashfs that the device mounts at <c>/media</c>.</summary>
    public string? Media { get; init; }

    /// <summary>Another kernel than the release's: a folder as <c>run.sh --kernel</c> takes it.</summary>
    public string? KernelFolder { get; init; }

    /// <summary>More of its kernel's command line.</summary>
    public string KernelArguments { get; init; } = "";

    /// <summary>Whether the agent is started.</summary>
    public bool HasAgent { get; init; } = true;

    /// <summary>Whether what it sends gets anywhere.</summary>
    public bool HasNetwork { get; init; } = true;

    /// <summary>What its clock says when it is switched on, such as <c>1970-01-01T00:00:00</c>, UTC; empty for the time.</summary>
    public string Clock { get; init; } = "";

    /// <summary>Its disk, as <c>run.sh --disk</c> takes it; empty for a file of its own.</summary>
    public string Disk { get; init; } = "";

    /// <summary>TCP ports of this machine's loopback and the ports of the device that they lead to.</summary>
    public IReadOnlyDictionary<int, int> Forwards { get; init; } = new Dictionary<int, int>();

    /// <summary>Labels that the device says of itself.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Longest time from start to an answering control port, in a machine without hardware virtualisation too.</summary>
    public TimeSpan BootLimit { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>Longest time from a press of the power button to the end; <c>run.sh</c> cuts the power before.</summary>
    public TimeSpan PowerOffLimit { get; init; } = TimeSpan.FromSeconds(60);
}
