namespace MicroVm.Shared.Faults;

/// <summary>
/// Bytes from a peer are not the message they should be. The message says where in the document, what was expected and
/// what was found. The only exception that the codecs of this assembly throw for bad input.
/// </summary>
public sealed class WireFormatException : Exception
{
    /// <summary>Creates the exception with its one-line description.</summary>
    public WireFormatException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its one-line description and what the CBOR reader said.</summary>
    public WireFormatException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Creates an exception without a description.</summary>
    public WireFormatException()
    {
    }
}
