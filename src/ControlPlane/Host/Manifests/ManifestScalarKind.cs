namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>What a value that is no text is.</summary>
internal enum ManifestScalarKind
{
    /// <summary>Nothing.</summary>
    Null,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A number.</summary>
    Number,
}
