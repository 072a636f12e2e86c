namespace MicroVm.EdgeAgent.Doctor;

/// <summary>Whether the kernel has something.</summary>
internal enum FeatureState
{
    /// <summary>There and in use, or built in.</summary>
    Present,

    /// <summary>A module of the running kernel that is not loaded.</summary>
    Loadable,

    /// <summary>There, but this process may not use it.</summary>
    Forbidden,

    /// <summary>Not there.</summary>
    Missing,
}
