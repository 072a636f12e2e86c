namespace MicroVm.ControlPlane.Abstractions.Deployments;

/// <summary>What a change of a deployment did.</summary>
public enum ApplyAction
{
    /// <summary>It was not there before.</summary>
    Created,

    /// <summary>It has a new revision.</summary>
    Updated,

    /// <summary>It was so already.</summary>
    Unchanged,

    /// <summary>It is gone.</summary>
    Deleted,

    /// <summary>Nothing was done: it is not there.</summary>
    NotFound,

    /// <summary>Nothing was done: it is not the version that the caller knows.</summary>
    Stale,
}
