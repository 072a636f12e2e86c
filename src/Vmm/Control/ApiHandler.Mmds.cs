using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Control.Requests;
using MicroVm.Vmm.Mmds;

namespace MicroVm.Vmm.Control;

/// <content>The metadata of a VM, before and after its start.</content>
internal sealed partial class ApiHandler
{
    private const string NotInitialized = "MMDS error: The MMDS data store is not initialized.";

    /// <summary>True when a VM runs that can never read metadata.</summary>
    private bool IsWithoutMmds => IsStarted && config.Mmds is null;

    private HttpResponse GetMetadata() =>
        IsWithoutMmds ? Refuse(NotInitialized)
        : metadata.Store.Document.Span.SequenceEqual("null"u8) ? new HttpResponse(200, "{}"u8.ToArray())
        : new HttpResponse(200, metadata.Store.Document);

    private HttpResponse PutMetadata(string[] path, ReadOnlySpan<byte> body)
    {
        switch (path)
        {
            case [_]:
                byte[] document = ReadMetadata(body);
                return IsWithoutMmds ? Refuse(NotInitialized) : Answer(metadata.Store.TryPut(document));
            case [_, "config", ..]:
                return PutMmdsConfig(body);
            default:
                return Refuse($"Unrecognized PUT request path `{path[1]}`.");
        }
    }

    private HttpResponse PatchMetadata(ReadOnlySpan<byte> body)
    {
        byte[] patch = ReadMetadata(body);
        return IsWithoutMmds || !metadata.Store.IsInitialized ? Refuse(NotInitialized) : Answer(metadata.Store.TryPatch(patch));
    }

    private HttpResponse PutMmdsConfig(ReadOnlySpan<byte> body)
    {
        MmdsConfig mmds = Read(body, "mmds-config", MmdsConfigReader.Read);
        if (IsStarted)
        {
            return Refuse(NotAfterStart);
        }

        try
        {
            mmds.CheckAgainst(config.NetworkInterfaces);
        }
        catch (VmConfigException fault)
        {
            // With the three M that Firecracker's clients know.
            return Refuse($"MMMDS config error: {fault.Message}");
        }

        config.Mmds = mmds;
        return HttpResponse.NoContent with { IsDeprecated = mmds.Version == MmdsVersion.V1 };
    }

    private static byte[] ReadMetadata(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonNormalizer.Normalize(body);
        }
        catch (VmConfigException fault)
        {
            throw NotRead(fault);
        }
    }

    private static HttpResponse Answer(bool fits) =>
        fits
            ? HttpResponse.NoContent
            : new HttpResponse(413, ApiJson.Fault("MMDS limit exceeded error: The MMDS patch request doesn't fit."));
}
