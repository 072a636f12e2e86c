namespace MicroVm.Vmm.Arch.Arm64;

/// <summary>Which generic interrupt controller a machine has.</summary>
internal enum GicVersion
{
    /// <summary>Up to eight processors; what hosts have that cannot virtualise a newer one.</summary>
    V2 = 2,

    /// <summary>With a redistributor for each processor.</summary>
    V3 = 3,
}
