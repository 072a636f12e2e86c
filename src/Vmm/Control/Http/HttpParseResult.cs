namespace MicroVm.Vmm.Control.Http;

/// <summary>How far a parse came.</summary>
internal enum HttpParseResult
{
    /// <summary>The bytes are the beginning of a request.</summary>
    NeedMore,

    /// <summary>A whole request.</summary>
    Complete,

    /// <summary>No request this server takes; the connection cannot go on.</summary>
    Bad,
}
