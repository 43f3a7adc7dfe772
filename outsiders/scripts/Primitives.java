import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals, opens and verifies as RFC 7516 and 7515 do with ECDH-ES+A256KW, A256GCM and ES384, with the JDK alone: no JSON
 * and no base64. The comparison of `cargo xtask bench primitives`.
 *
 * Argument: number of repetitions. Prints one line with CPU microseconds of seal, open and verify.
 */
public class Primitives {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final byte[] HEADER = "header".getBytes(StandardCharsets.US_ASCII);

    private record Sealed(PublicKey ephemeral, byte[] wrapped, byte[] nonce, byte[] content) {}

    private interface Step {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        int repetitions = Integer.parseInt(arguments[0]);
        KeyPair recipient = generate();
        KeyPair signer = generate();
        byte[] message = new byte[1500];
        Sealed sealed = seal(recipient.getPublic(), message);
        Signature signing = Signature.getInstance("SHA384withECDSAinP1363Format");
        signing.initSign(signer.getPrivate());
        signing.update(message);
        byte[] signature = signing.sign();
        Step[] steps = {
            () -> seal(recipient.getPublic(), message),
            () -> open(recipient, sealed),
            () -> verify(signer.getPublic(), message, signature),
        };
        StringBuilder line = new StringBuilder();
        for (Step step : steps) {
            measure(step, repetitions); // For the compiler.
            line.append(String.format("%.1f ", measure(step, repetitions)));
        }
        System.out.println(line.toString().trim());
    }

    private static double measure(Step step, int repetitions) throws Exception {
        var threads = ManagementFactory.getThreadMXBean();
        long begin = threads.getCurrentThreadCpuTime();
        for (int number = 0; number < repetitions; number++) {
            step.run();
        }
        return (threads.getCurrentThreadCpuTime() - begin) / 1000.0 / repetitions;
    }

    private static KeyPair generate() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp384r1"));
        return generator.generateKeyPair();
    }

    private static SecretKeySpec agree(KeyPair own, PublicKey other) throws Exception {
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
        agreement.init(own.getPrivate());
        agreement.doPhase(other, true);
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update(ByteBuffer.allocate(4).putInt(1).array());
        digest.update(agreement.generateSecret());
        return new SecretKeySpec(digest.digest(), "AES");
    }

    private static Sealed seal(PublicKey recipient, byte[] message) throws Exception {
        KeyPair ephemeral = generate();
        byte[] key = new byte[32];
        byte[] nonce = new byte[12];
        RANDOM.nextBytes(key);
        RANDOM.nextBytes(nonce);
        SecretKeySpec contentKey = new SecretKeySpec(key, "AES");
        Cipher wrapping = Cipher.getInstance("AESWrap");
        wrapping.init(Cipher.WRAP_MODE, agree(ephemeral, recipient));
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, contentKey, new GCMParameterSpec(128, nonce));
        cipher.updateAAD(HEADER);
        return new Sealed(ephemeral.getPublic(), wrapping.wrap(contentKey), nonce, cipher.doFinal(message));
    }

    private static void open(KeyPair recipient, Sealed sealed) throws Exception {
        Cipher wrapping = Cipher.getInstance("AESWrap");
        wrapping.init(Cipher.UNWRAP_MODE, agree(recipient, sealed.ephemeral()));
        var contentKey = wrapping.unwrap(sealed.wrapped(), "AES", Cipher.SECRET_KEY);
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.DECRYPT_MODE, contentKey, new GCMParameterSpec(128, sealed.nonce()));
        cipher.updateAAD(HEADER);
        cipher.doFinal(sealed.content());
    }

    private static void verify(PublicKey signer, byte[] message, byte[] signature) throws Exception {
        Signature verifying = Signature.getInstance("SHA384withECDSAinP1363Format");
        verifying.initVerify(signer);
        verifying.update(message);
        if (!verifying.verify(signature)) {
            throw new IllegalStateException("the signature is not valid");
        }
    }
}
