namespace MicroVm.EdgeAgent.Doctor;

/// <summary>Parts of the host's kernel that the agent or a VMM uses.</summary>
internal enum KernelFeature
{
    /// <summary>Disks of VMs without a thread each.</summary>
    IoUring,

    /// <summary>System call filters.</summary>
    Seccomp,

    /// <summary>Looking at an image on the host.</summary>
    Squashfs,

    /// <summary>Writing over an image on the host.</summary>
    Overlay,

    /// <summary>Network interfaces of VMs.</summary>
    Tun,

    /// <summary>Networks of VMs.</summary>
    Nftables,

    /// <summary>Bridges, to which networks of VMs are joined.</summary>
    Bridge,

    /// <summary>The expressions that the agent's rules are made of: all of them, or the first that is missing.</summary>
    RuleExpressions,
}
