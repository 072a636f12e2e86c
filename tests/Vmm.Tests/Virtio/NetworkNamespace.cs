using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using MicroVm.Vmm.Tests.Interop;

namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>Runs a test on a thread with a network namespace of its own, which is gone with everything in it when the test ends.</summary>
internal static class NetworkNamespace
{
    private const int CloneNewNet = 0x40000000;
    private const string Tun = "/dev/net/tun";

    /// <summary>Skips, saying why, where namespaces or taps cannot be made.</summary>
    internal static void Run(Action test)
    {
        Assert.SkipUnless(CanOpenTun(out string reason), reason);
        ExceptionDispatchInfo? failure = null;
        int refused = 0;
        var thread = new Thread(() =>
        {
            refused = Libc.unshare(CloneNewNet) == 0 ? 0 : Marshal.GetLastPInvokeError();
            try
            {
                if (refused == 0)
                {
                    test();
                }
            }
            catch (Exception fault)
            {
                failure = ExceptionDispatchInfo.Capture(fault);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        Assert.SkipUnless(refused == 0, $"unshare(CLONE_NEWNET) failed: {Marshal.GetPInvokeErrorMessage(refused)}");
    }

    /// <summary>Runs ip(8) in the namespace of the calling thread.</summary>
    internal static void Ip(params string[] arguments)
    {
        using Process ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        string complaints = ip.StandardError.ReadToEnd();
        ip.WaitForExit();
        Assert.Equal("", complaints);
    }

    private static bool CanOpenTun(out string reason)
    {
        try
        {
            using FileStream tun = File.Open(Tun, FileMode.Open, FileAccess.ReadWrite);
            reason = "";
            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            reason = $"{Tun} cannot be opened: {fault.Message}";
            return false;
        }
    }
}
