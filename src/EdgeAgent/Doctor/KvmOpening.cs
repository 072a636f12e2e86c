namespace MicroVm.EdgeAgent.Doctor;

/// <summary>How opening /dev/kvm went.</summary>
internal enum KvmOpening
{
    /// <summary>It is open.</summary>
    Opened,

    /// <summary>There is no such device.</summary>
    Missing,

    /// <summary>This process may not.</summary>
    NoPermission,

    /// <summary>The kernel refused.</summary>
    Refused,
}
