namespace MicroVm.ControlPlane.Host.Images;

/// <summary>
/// An image could not be imported. The message is one line for the operator: the thing, what was expected, what was found.
/// Nothing of the image is kept.
/// </summary>
internal sealed class ImageImportException : Exception
{
    /// <summary>Creates the exception with its one line.</summary>
    public ImageImportException(ImageFault fault, string message, Exception? inner = null)
        : base(message, inner)
    {
        Fault = fault;
    }

    /// <summary>Whose fault it is.</summary>
    public ImageFault Fault { get; }

    /// <summary>An <see cref="ImageFault.Invalid"/> in the usual words.</summary>
    public static ImageImportException Invalid(string thing, string expected, string found) =>
        new(ImageFault.Invalid, $"{thing}: expected {expected}, found {found}");

    /// <summary>An <see cref="ImageFault.Unsupported"/> in the usual words.</summary>
    public static ImageImportException Unsupported(string thing, string expected, string found) =>
        new(ImageFault.Unsupported, $"{thing}: expected {expected}, found {found}");

    /// <summary>An <see cref="ImageFault.TooLarge"/> in the usual words.</summary>
    public static ImageImportException TooLarge(string thing, string limit, string found) =>
        new(ImageFault.TooLarge, $"{thing}: expected at most {limit}, found {found}");
}
