namespace MicroVm.ControlPlane.Grains.Deployments;

/// <summary>What a deployment has to tell a device.</summary>
internal enum Placement
{
    /// <summary>Nothing.</summary>
    Keep,

    /// <summary>To run this revision.</summary>
    Assign,

    /// <summary>To run nothing of it.</summary>
    Unassign,
}
