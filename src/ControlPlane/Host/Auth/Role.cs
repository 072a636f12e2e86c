namespace MicroVm.ControlPlane.Host.Auth;

/// <summary>What somebody may do; each role may do what the ones before it may. Kept by number.</summary>
internal enum Role
{
    /// <summary>Reads.</summary>
    Viewer = 1,

    /// <summary>Changes deployments, labels and images, too.</summary>
    Operator = 2,

    /// <summary>Decides who gets in, too.</summary>
    Admin = 3,
}
