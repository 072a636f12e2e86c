namespace MicroVm.EdgeAgent.Doctor;

/// <summary>What was seen of KVM.</summary>
internal sealed record KvmFacts
{
    /// <summary>How opening /dev/kvm went; when it is not open, nothing below but <see cref="Detail"/> is known.</summary>
    public required KvmOpening Opening { get; init; }

    /// <summary>Who may open the device, or what the kernel said.</summary>
    public string Detail { get; init; } = "";

    /// <summary>KVM_GET_API_VERSION.</summary>
    public int ApiVersion { get; init; }

    /// <summary>Capabilities that the VMM needs and KVM lacks, by their names in the kernel's headers.</summary>
    public IReadOnlyList<string> MissingCapabilities { get; init; } = [];

    /// <summary>How the guest fared.</summary>
    public GuestTrial Trial { get; init; }

    /// <summary>What it ended with.</summary>
    public string TrialDetail { get; init; } = "";

    /// <summary>Versions of the interrupt controller that KVM has for guests, on aarch64.</summary>
    public IReadOnlyList<int> GicVersions { get; init; } = [];
}
