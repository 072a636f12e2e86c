namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>What a key of the fleet is for.</summary>
internal enum FleetKeyKind
{
    /// <summary>Signs what devices are told.</summary>
    Signing,

    /// <summary>Issues certificates.</summary>
    Authority,
}
