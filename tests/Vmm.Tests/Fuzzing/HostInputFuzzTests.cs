using System.Text;
using CsCheck;
using MicroVm.Vmm.Arch.X64;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Hosting;
using MicroVm.Vmm.Memory;
using MicroVm.Vmm.Tests.Boot;
using MicroVm.Vmm.Tests.Control;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Fuzzing;

/// <summary>What clients, files and the command line bring in: taken, or refused in the one way there is for it, at a bounded cost.</summary>
public sealed class HostInputFuzzTests
{
    private const int LoaderMemoryMib = 32;

    /// <summary>Managed bytes a reader may allocate for each byte of its input, and whatever the input.</summary>
    private const int AllocationPerByte = 64;
    private const int AllocationFloor = 256 * 1024;

    private static readonly byte[] s_request =
        "PUT /machine-config HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nContent-Length: 40\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"u8.ToArray();

    private static readonly byte[][] s_httpTokens = [.. new[]
    {
        "\r\n", "\r", "\n", "\r\n\r\n", " ", "\t", ":", "Content-Length: 1\r\n", "Content-Length: 99999999999\r\n", "Transfer-Encoding: chunked\r\n", "HTTP/1.1", "GET / ", "\0", "%2e%2e/",
    }.Select(Encoding.ASCII.GetBytes)];

    private static readonly string[] s_flags =
    [
        "--config-file", "--api-sock", "--no-api", "--id", "--log-path", "--level", "--show-level", "--show-log-origin", "--metrics-path", "--boot-timer",
        "--start-time-us", "--start-time-cpu-us", "--http-api-max-payload-size", "--no-seccomp", "--version", "--help", "--metadata", "--", "-", "", "a", "=", "--id=", "--id=x",
        "18446744073709551616", "-1", "51200", "Info", "\ud800", "--level=loud", "--config-file=", "--bogus", "--no-api=1",
    ];

    [Fact]
    public void HttpHead_OfAnyBytes_IsOneOfThreeResults() => FuzzRun.Run("http-head", Mutations.Of(s_request, 6, s_httpTokens), static bytes =>
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        HttpParseResult result = HttpHead.TryParse(bytes, out HttpHead head, out string fault);
        AssertAllocated(before, bytes.Length);
        if (result == HttpParseResult.Complete)
        {
            Assert.InRange(head.HeadBytes, 1, bytes.Length);
            Assert.InRange(head.ContentLength, 0, HttpLimits.DefaultMaxBodyBytes);
        }
        else
        {
            Assert.True(result == HttpParseResult.Bad || bytes.Length < HttpLimits.MaxHeadBytes);
            Assert.True(result == HttpParseResult.NeedMore || fault.Length > 0);
        }
    });

    [Fact]
    public void Config_OfAnyBytes_IsTakenOrRefused() => FuzzRun.Run("config", Mutations.Of(JsonInputs.WholeConfig, 4, JsonInputs.Tokens), static bytes =>
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            Assert.NotEmpty(VmConfigParser.Parse(bytes).BootSource.KernelImagePath);
        }
        catch (VmConfigException refusal)
        {
            Assert.NotEmpty(refusal.Message);
            Assert.DoesNotContain('\n', refusal.Message);
        }

        AssertAllocated(before, bytes.Length);
    });

    /// <summary>The body goes through the socket and the whole server, which has to answer the next client as well.</summary>
    [Fact]
    public void Api_AnyBody_IsAnsweredWithSuccessOr400()
    {
        Gen<(string Method, string Target, byte[] Body)> requests =
            from method in GuestActions.Of("PUT", "PUT", "PATCH", "GET", "DELETE")
            from request in GuestActions.Of(JsonInputs.Requests)
            from body in Mutations.Of(Encoding.UTF8.GetBytes(request.Body), 3, JsonInputs.Tokens)
            select (method, request.Target, body);
        using ApiClientOfTests client = new();
        FuzzRun.Run(
            "api",
            requests,
            request =>
            {
                client.Info.State = request.Body.Length % 2 == 0 ? InstanceState.NotStarted : InstanceState.Running;
                (int status, string answer) = client.Request(request.Method, request.Target, Encoding.Latin1.GetString(request.Body));
                Assert.True(status is 200 or 204 or 400, $"{status} {answer}");
                Assert.Equal(status == 400, answer.StartsWith("{\"fault_message\":", StringComparison.Ordinal));
                Assert.Equal(200, client.Request("GET", "/").Status);
            },
            request => $"{request.Method} {request.Target} {Convert.ToBase64String(request.Body)}");
    }

    [Fact]
    public void CommandLine_OfAnyArguments_IsTakenOrRefused() => FuzzRun.Run("command-line", GuestActions.Of(s_flags).Array[0, 8], static arguments =>
    {
        try
        {
            CommandLineOptions options = CommandLineParser.Parse(arguments);
            Assert.True(options.Version || options.Help || options.ConfigFile is not null || options.ApiSocket is not null);
        }
        catch (VmmFaultException refusal)
        {
            Assert.Equal(ExitCode.BadArguments, refusal.Code);
            Assert.NotEmpty(refusal.Message);
        }
    });

    [Fact]
    public void BzImage_OfAnyBytes_LoadsOrIsRefused() =>
        FuzzRun.Run("bzimage", Mutations.Of(KernelImages.BzImage(new byte[0x400]), 12), static image => LoadOrRefuse(image));

    [Fact]
    public void Elf_OfAnyBytes_LoadsOrIsRefused() => FuzzRun.Run(
        "elf",
        Gen.OneOf(Mutations.Of(KernelImages.Elf(new byte[300]), 12), Mutations.Of(KernelImages.Elf(new byte[300], 0x20_0000, 0x20_0010), 12)),
        static image => LoadOrRefuse(image));

    private static void LoadOrRefuse(byte[] image)
    {
        using TemporaryFolder folder = new(inMemory: true);
        string path = folder.File("kernel");
        File.WriteAllBytes(path, image);
        using GuestMemory memory = new(MemoryLayout.Regions(LoaderMemoryMib));
        try
        {
            LoadedKernel kernel = KernelLoader.Load(path, memory);
            Assert.InRange(kernel.Entry.Value, AddressMap.HighMemoryStart, kernel.End);
            Assert.True(kernel.End <= memory.Regions[0].End);
            CommandLineWriter.Write("quiet", kernel, memory);
            ZeroPage.Write(memory, kernel, default, E820Map.Build(memory.Regions));
        }
        catch (VmmFaultException refusal)
        {
            Assert.InRange((int)refusal.Code, (int)ExitCode.NotAKernel, (int)ExitCode.CommandLineTooLong);
        }
    }

    private static void AssertAllocated(long before, int inputBytes) =>
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocationFloor + (inputBytes * AllocationPerByte));
}
