namespace MicroVm.ControlPlane.Grains.Identity;

/// <summary>What a grain is to do about a request.</summary>
internal enum EnrolmentStep
{
    /// <summary>Let it in as a new identity.</summary>
    Admit,

    /// <summary>Issue a certificate to the identity that is there.</summary>
    Issue,

    /// <summary>Say that it has to wait.</summary>
    Wait,

    /// <summary>Refuse: the id is another key's.</summary>
    Conflict,

    /// <summary>Refuse.</summary>
    Refuse,
}
