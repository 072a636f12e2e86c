namespace MicroVm.ControlPlane.Host.Images;

/// <summary>Whose fault a failed import is; the API maps it to a status.</summary>
internal enum ImageFault
{
    /// <summary>The layout or one of its layers is not what the OCI image specification describes, or a digest differs.</summary>
    Invalid,

    /// <summary>It is well formed and uses something that this import does not take.</summary>
    Unsupported,

    /// <summary>It exceeds one of <see cref="ImageImportLimits"/>.</summary>
    TooLarge,

    /// <summary>A program that the import needs is missing or failed, or the disk did.</summary>
    Server,
}
