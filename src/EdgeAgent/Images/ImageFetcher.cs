using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Interop;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Images;

/// <summary>
/// Downloads images over HTTP. A transfer that broke goes on where it ended (RFC 9110 section 14); the whole file is hashed
/// on its way to the disk and only a match is kept.
/// </summary>
/// <param name="store">Where they go.</param>
/// <param name="http">Client.</param>
/// <param name="apiUrl">The control plane.</param>
/// <param name="counters">Counters.</param>
/// <param name="logger">Log.</param>
/// <param name="pathOf">Path of a digest's file in the API; an image's root file system unless it is said.</param>
internal sealed class ImageFetcher(
    ImageStore store, HttpClient http, Uri apiUrl, AgentCounters counters, ILogger logger, Func<string, string>? pathOf = null)
{
    private readonly Func<string, string> _pathOf = pathOf ?? ApiPaths.ImageRootFs;

    private const ulong ReserveBytes = 16 << 20;
    private const int BufferBytes = 64 << 10;
    private static readonly TimeSpan s_silenceLimit = TimeSpan.FromSeconds(60);

    /// <summary>Fetches an image into the store; null when it is there, else why not.</summary>
    internal async Task<FetchFault?> FetchAsync(ImageReference image, CancellationToken cancellation)
    {
        try
        {
            FetchFault? fault = CheckSpace(image) ?? await TransferAsync(image, cancellation);
            if (fault is not null)
            {
                Log.ImageNotFetched(logger, image.Digest.Value, fault.Reason, fault.Message);
            }

            return fault;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or OsFaultException)
        {
            string message = e is OperationCanceledException
                ? $"no byte for {s_silenceLimit.TotalSeconds:0} s"
                : e.InnerException?.Message ?? e.Message;
            Log.ImageNotFetched(logger, image.Digest.Value, FetchFault.FetchFailed, message);
            return new FetchFault(FetchFault.FetchFailed, message);
        }
    }

    private FetchFault? CheckSpace(ImageReference image)
    {
        FileInfo partial = new(store.PartialPathOf(image.Digest));
        ulong have = partial.Exists ? (ulong)partial.Length : 0;
        ulong missing = image.SizeBytes > have ? image.SizeBytes - have : 0;
        ulong available = store.AvailableBytes();
        return available >= missing + ReserveBytes
            ? null
            : new FetchFault(FetchFault.NoSpace, $"expected {missing + ReserveBytes} bytes of free disk, found {available}");
    }

    private async Task<FetchFault?> TransferAsync(ImageReference image, CancellationToken cancellation)
    {
        await using FileStream file = new(
            store.PartialPathOf(image.Digest), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using HttpResponseMessage? response = await RequestAsync(image, file, silence);
        if (response is not null)
        {
            if (!response.IsSuccessStatusCode)
            {
                return Refused(response, file);
            }

            // A server that ignored the range sends everything: begin again.
            file.SetLength(response.StatusCode == HttpStatusCode.PartialContent ? file.Length : 0);
        }

        long resumed = file.Length;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await HashExistingAsync(file, hash, cancellation);
        if (response is not null)
        {
            await CopyAsync(response, file, hash, image, silence);
        }

        return Finish(image, file, Digest.FromHash(hash.GetHashAndReset()), resumed);
    }

    /// <summary>Asks for what is missing; null when nothing is, as far as the length says.</summary>
    private async Task<HttpResponseMessage?> RequestAsync(ImageReference image, FileStream file, CancellationTokenSource silence)
    {
        if (file.Length > 0 && (ulong)file.Length >= image.SizeBytes)
        {
            return null;
        }

        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(apiUrl, _pathOf(image.Digest.Value)));
        if (file.Length > 0)
        {
            request.Headers.Range = new RangeHeaderValue(file.Length, null);
        }

        silence.CancelAfter(s_silenceLimit);
        HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
        long? from = response.Content.Headers.ContentRange?.From;
        if (response.StatusCode == HttpStatusCode.PartialContent && from != file.Length)
        {
            response.Dispose();
            throw new HttpRequestException($"expected the range from byte {file.Length}, found {from?.ToString() ?? "none"}");
        }

        return response;
    }

    private static FetchFault Refused(HttpResponseMessage response, FileStream file)
    {
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            file.SetLength(0);
        }

        string reason = response.StatusCode == HttpStatusCode.NotFound ? FetchFault.ImageNotFound : FetchFault.FetchFailed;
        return new FetchFault(reason, $"the control plane answered {(int)response.StatusCode} {response.ReasonPhrase}");
    }

    private static async Task HashExistingAsync(FileStream file, IncrementalHash hash, CancellationToken cancellation)
    {
        byte[] buffer = new byte[BufferBytes];
        file.Position = 0;
        int count;
        while ((count = await file.ReadAsync(buffer, cancellation)) > 0)
        {
            hash.AppendData(buffer, 0, count);
        }
    }

    private static async Task CopyAsync(
        HttpResponseMessage response, FileStream file, IncrementalHash hash, ImageReference image, CancellationTokenSource silence)
    {
        byte[] buffer = new byte[BufferBytes];
        await using Stream body = await response.Content.ReadAsStreamAsync(silence.Token);
        while (true)
        {
            silence.CancelAfter(s_silenceLimit);
            int count = await body.ReadAsync(buffer, silence.Token);
            if (count == 0)
            {
                return;
            }

            hash.AppendData(buffer, 0, count);
            FaultPoints.Before(FaultPoint.ImagePiece);
            await file.WriteAsync(buffer.AsMemory(0, count), silence.Token);
            FaultPoints.After(FaultPoint.ImagePiece);
            if (image.SizeBytes > 0 && (ulong)file.Length > image.SizeBytes)
            {
                // More than the image can have: the digest cannot match, and the disk is not to be filled.
                return;
            }
        }
    }

    private FetchFault? Finish(ImageReference image, FileStream file, Digest found, long resumed)
    {
        long length = file.Length;
        if (found == image.Digest)
        {
            file.Flush(flushToDisk: true);
            file.Dispose();
            store.Complete(image.Digest);
            Log.ImageFetched(logger, image.Digest.Value, length, resumed);
            return null;
        }

        if ((ulong)length < image.SizeBytes)
        {
            return new FetchFault(FetchFault.FetchFailed, $"the transfer ended after {length} of {image.SizeBytes} bytes");
        }

        store.DiscardPartial(image.Digest);
        counters.DigestMismatches.Increment();
        return new FetchFault(
            FetchFault.DigestMismatch, $"expected {image.Digest} of {image.SizeBytes} bytes, found {found} of {length} bytes; deleted");
    }
}
