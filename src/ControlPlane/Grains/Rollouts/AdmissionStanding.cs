namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>How a device stands in a rollout.</summary>
internal enum AdmissionStanding
{
    /// <summary>Not told.</summary>
    Outside,

    /// <summary>Told and not there yet: it counts as unavailable.</summary>
    OnItsWay,

    /// <summary>Away for so long that it is not waited for.</summary>
    Away,

    /// <summary>Ready for long enough.</summary>
    Healthy,

    /// <summary>Failed; only a new try or an operator's resume changes that.</summary>
    Failed,
}
