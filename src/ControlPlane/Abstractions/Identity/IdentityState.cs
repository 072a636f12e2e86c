namespace MicroVm.ControlPlane.Abstractions.Identity;

/// <summary>Where a device is in its life. Kept by number: a number is never given another meaning.</summary>
/// <remarks>
/// Pending → Active → Revoked → Decommissioned, Active → Decommissioning → Decommissioned; a decommissioned device may enrol anew.
/// </remarks>
public enum IdentityState
{
    /// <summary>It asked, and an operator has to approve.</summary>
    Pending = 1,

    /// <summary>It may connect.</summary>
    Active = 2,

    /// <summary>It may not connect any more, from one moment to the next.</summary>
    Revoked = 3,

    /// <summary>It may connect, to be told to wipe itself.</summary>
    Decommissioning = 4,

    /// <summary>It wiped itself, or an operator gave it up. Its id is free.</summary>
    Decommissioned = 5,
}
