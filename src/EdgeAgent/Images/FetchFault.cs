namespace MicroVm.EdgeAgent.Images;

/// <summary>Why an image was not fetched.</summary>
/// <param name="Reason">One word in CamelCase, as in a VM's status.</param>
/// <param name="Message">One line for people.</param>
internal sealed record FetchFault(string Reason, string Message)
{
    /// <summary>The bytes are not what the digest says.</summary>
    internal const string DigestMismatch = nameof(DigestMismatch);

    /// <summary>The control plane does not have the image.</summary>
    internal const string ImageNotFound = nameof(ImageNotFound);

    /// <summary>The device's disk has no room for it.</summary>
    internal const string NoSpace = nameof(NoSpace);

    /// <summary>The control plane was not reached or the transfer broke.</summary>
    internal const string FetchFailed = nameof(FetchFailed);
}
