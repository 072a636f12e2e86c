namespace MicroVm.ControlPlane.Grains;

/// <summary>Names that tie grains to their storage.</summary>
public static class GrainStates
{
    /// <summary>Name of the storage provider that every grain of this assembly uses.</summary>
    public const string Provider = "controlplane";

    internal const string Desired = "desired";
    internal const string Reported = "reported";
    internal const string Deployment = "deployment";
    internal const string Shard = "shard";
}
