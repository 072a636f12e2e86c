namespace MicroVm.ControlPlane.Abstractions.Identity;

/// <summary>How a request about an identity was taken.</summary>
public enum EnrolmentVerdict
{
    /// <summary>Done.</summary>
    Done,

    /// <summary>It waits for an operator.</summary>
    Pending,

    /// <summary>It was refused, and the same request will be refused again.</summary>
    Refused,

    /// <summary>The id belongs to another key.</summary>
    Conflict,

    /// <summary>No such device.</summary>
    Unknown,
}
